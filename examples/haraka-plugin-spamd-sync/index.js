const { RemoteGreylist } = require('spamd-sync/socket');
const { harakaHooks } = require('spamd-sync/adapters/haraka');

const FILE = 'spamd-sync.ini';
const BOOLEANS = ['+header', '-private', '+outbound'];

exports.register = function () {
  load(this);
  // Before the recipient is looked up: most spamtraps are no users.
  this.register_hook('rcpt', 'trap', -50);
  // Behind everything that may refuse the recipient, so that only mail that would be accepted is delayed.
  this.register_hook('rcpt_ok', 'check', 50);
  this.register_hook('delivered', 'delivered');
};

exports.trap = function (next, connection, params) {
  this.spamd_sync.hooks.trap(next, connection, params);
};

exports.check = function (next, connection, rcpt) {
  this.spamd_sync.hooks.check(next, connection, rcpt);
};

exports.delivered = function (next, hmail, params) {
  const { outbound, hooks } = this.spamd_sync;
  if (outbound) hooks.delivered(next, hmail, params);
  else next();
};

/**
 * Reads the configuration, now and whenever it changes. The greylist is asked over a connection that does not keep a process
 * alive, so that nothing has to be closed at a shutdown: sessions may be going on until the process ends.
 */
function load(plugin) {
  const { main } = plugin.config.get(FILE, { booleans: BOOLEANS }, () => load(plugin));
  const { control = '/run/spamd-sync/control', timeout = 5, private: isPrivateToo, header, outbound } = main;
  try {
    const greylist = new RemoteGreylist(String(control), { timeout: Number(timeout), unref: true });
    const hooks = harakaHooks(greylist, { plugin, private: isPrivateToo, header });
    retire(plugin.spamd_sync?.greylist, Number(timeout));
    plugin.spamd_sync = { greylist, hooks, outbound };
  } catch (error) {
    // At the start there is nothing to go on with; later a mistake in the file changes nothing.
    if (plugin.spamd_sync === undefined) throw error;
    plugin.logerror(`${FILE}: ${error.message}`);
  }
}

/** Closes a greylist that is asked no more, when it has answered what it was asked. */
function retire(greylist, timeout) {
  if (greylist !== undefined) setTimeout(() => void greylist.close(), 2000 * timeout).unref();
}
