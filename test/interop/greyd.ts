import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Program } from '../e2e/program.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { type Daemon, output, type Place, parseRows, ready, temporaryDirectory } from './daemon.ts';
import type { Programs } from './named.ts';

const KEY = 'a key of the interop tests\n';

/** Where greyd's drivers were installed: beside it, as `make install` does, unless it is told. */
function driver(programs: Programs, name: string): string {
  const { GREYD_LIBDIR = join(dirname(programs.daemon), '../lib/greyd') } = process.env;
  return join(GREYD_LIBDIR, name);
}

/** What the hosts of a group have in common. */
export interface Common {
  readonly syncPort: number;
  readonly key: string;
}

/**
 * A greyd of its own, with a database of its own, that changes no firewall.
 *
 * @param common Of the group that it is to join. Default: it has a port and a key of its own.
 */
export async function startGreyd(programs: Programs, place: Place, common?: Common): Promise<Daemon> {
  const directory = await temporaryDirectory();
  const config = join(directory, 'greyd.conf');
  const keyFile = join(directory, 'greyd.key');
  const [smtpPort, configPort] = [await freeTcpPort(), await freeTcpPort()];
  const { key, syncPort } = common ?? { key: KEY, syncPort: await freeUdpPort() };
  await mkdir(join(directory, 'db'));
  await writeFile(keyFile, key, { mode: 0o600 });
  await writeFile(
    config,
    `
debug = 1
verbose = 1
daemonize = 0
syslog_enable = 0
user = "root"
drop_privs = 0
chroot = 0
bind_address = "${place.address}"
port = ${smtpPort}
config_port = ${configPort}
enable_ipv6 = 0
stutter = 0
greyd_pidfile = "${directory}/greyd.pid"
section firewall {
    driver = "${driver(programs, 'greyd_fw_dummy.so')}"
}
section database {
    driver = "${driver(programs, 'greyd_sqlite.so')}"
    path = "${directory}/db"
    db_name = "greyd.db"
}
section grey {
    enable = 1
    user = "root"
    stutter = 0
    grey_expiry = 14400
}
section sync {
    enable = 1
    hosts = [ "${place.target}" ]
    bind_address = "${place.listen}"
    port = ${syncPort}
    mcast_address = "224.0.1.240"
    ttl = 1
    verify = 1
    key = "${keyFile}"
}
`,
  );
  const database = [...place.inside, programs.database, '-f', config];
  // Makes the tables: of two processes that find none greyd has one exit, and with it all of them.
  await output(database);
  const program = new Program([programs.daemon, '-h', 'interop.example.org', '-f', config], place.inside);
  const daemon: Daemon = {
    dialect: 'greyd',
    address: place.address,
    smtpPort,
    syncPort,
    key,
    program,
    rows: async () => parseRows(await output(database)),
    database: async (...args) => void (await output([...database, ...args])),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
  return ready(daemon, place);
}
