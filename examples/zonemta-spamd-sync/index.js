import { isIP } from 'node:net';
import { RemoteGreylist } from 'spamd-sync/socket';

export const title = 'spamd-sync';

/** A promise, since without one ZoneMTA waits for a callback. */
export async function init(app) {
  const { control = '/run/spamd-sync/control', timeout = 5 } = app.config;
  // A sender ends with its own work: the connection alone must not keep it alive.
  const greylist = new RemoteGreylist(control, { timeout, unref: true });
  // The host of the other side, which ZoneMTA does not say any more once the mail is delivered.
  const hosts = new WeakMap();
  let lost = 0;

  app.addHook('sender:connection', (delivery, connection, next) => {
    const host = connection?.options?.host;
    // LMTP and HTTP bring mail to no MX, and a name says nothing of the address.
    if (isIP(host ?? '') && !connection.options.lmtp) hosts.set(delivery, host);
    else hosts.delete(delivery);
    next();
  });

  app.addHook('sender:delivered', (delivery, _info, next) => {
    const host = hosts.get(delivery);
    if (host !== undefined) void note(host);
    // The mail is delivered, whatever the daemon says.
    next();
  });

  async function note(host) {
    try {
      await greylist.delivered(host);
      if (lost > 0) app.logger.info(title, 'the daemon answers again; %s deliveries were lost', lost);
      lost = 0;
    } catch (error) {
      if (lost++ === 0) app.logger.error(title, 'deliveries are lost: %s', error.message);
    }
  }
}
