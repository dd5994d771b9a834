import type { Machine } from './machine.ts';

/**
 * Sets up and starts Postfix on a machine, with bob and carol at example.net.
 *
 * @param block What docs/integrations adds to main.cf.
 * @param settings More of main.cf, as postconf takes it.
 */
export function startPostfix(machine: Machine, block: string, settings = ''): void {
  machine.sh(`
    postconf -e mydestination=example.net smtpd_peername_lookup=no maillog_file=/var/log/postfix.log queue_minfree=0 \
      ${settings}
    useradd -m bob; useradd -m carol
    cat >> /etc/postfix/main.cf <<'END'\n${block}END
    postfix start`);
}
