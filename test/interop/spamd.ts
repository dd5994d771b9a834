import { existsSync } from 'node:fs';
import { chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Program } from '../e2e/program.ts';
import { freeTcpPort, freeUdpPort } from '../support/free-port.ts';
import { type Daemon, output, type Place, parseRows, ready, temporaryDirectory } from './daemon.ts';
import type { Programs } from './named.ts';

const DEFAULT_KEY_FILE = '/etc/mail/spamd.key';
const DEFAULT_SYNC_PORT = 8025;

/** A spamd that scans its database while it receives a thousand entries a second locks itself up. */
const QUIET: NodeJS.ProcessEnv = { SPAMD_FOREGROUND: '1', SPAMD_SCAN_INTERVAL: '3600' };

interface Settings {
  readonly env: NodeJS.ProcessEnv;
  readonly keyFile: string;
  readonly syncPort: number;
}

/**
 * What a build lets one set by the environment is handed on; `auto` has a free port or a fresh file chosen. What is
 * not set there is where spamd itself has it.
 */
async function settings(directory: string): Promise<Settings> {
  const { SPAMD_DB, SPAMD_KEY, SPAMD_SYNC_PORT, SPAMD_CFG_PORT } = process.env;
  const chosen: NodeJS.ProcessEnv = {};
  let keyFile = SPAMD_KEY ?? DEFAULT_KEY_FILE;
  let syncPort = Number(SPAMD_SYNC_PORT ?? DEFAULT_SYNC_PORT);
  if (SPAMD_DB === 'auto') {
    const place = join(directory, 'db');
    await mkdir(place, { mode: 0o755 });
    await giveToSpamd(place);
    Object.assign(chosen, { SPAMD_DB: join(place, 'spamd') });
  }
  if (SPAMD_CFG_PORT === 'auto') Object.assign(chosen, { SPAMD_CFG_PORT: String(await freeTcpPort()) });
  if (SPAMD_SYNC_PORT === 'auto') {
    syncPort = await freeUdpPort();
    Object.assign(chosen, { SPAMD_SYNC_PORT: String(syncPort) });
  }
  if (SPAMD_KEY === 'auto') {
    keyFile = join(directory, 'spamd.key');
    await writeFile(keyFile, 'a key of the interop tests\n', { mode: 0o600 });
    Object.assign(chosen, { SPAMD_KEY: keyFile });
  }
  return { env: { ...process.env, ...chosen }, keyFile, syncPort };
}

/** The greylister of a spamd that was started by root runs as a user of its own, and writes the database as that. */
async function giveToSpamd(directory: string): Promise<void> {
  const { SPAMD_USER } = process.env;
  const user = SPAMD_USER ?? '_spamd';
  if (process.getuid?.() !== 0) return;
  try {
    const [uid, gid] = [await output(['id', '-u', user]), await output(['id', '-g', user])];
    await chown(directory, Number(uid), Number(gid));
  } catch (error) {
    // A build without that user stays root.
    if (SPAMD_USER !== undefined) throw new Error(`SPAMD_USER: no user ${user}`, { cause: error });
  }
}

/**
 * A spamd in the foreground that does not stutter.
 *
 * @param says Whether it tells of each entry that it receives. One that does not is for measuring: it takes a build that
 * stays in the foreground where `SPAMD_FOREGROUND` is set, and scans every `SPAMD_SCAN_INTERVAL` seconds.
 */
export async function startSpamd(programs: Programs, place: Place, says = true): Promise<Daemon> {
  const directory = await temporaryDirectory();
  const { env: chosen, keyFile, syncPort } = await settings(directory);
  const env = says ? chosen : { ...chosen, ...QUIET };
  const smtpPort = await freeTcpPort();
  const options = [...(says ? ['-d', '-v'] : []), '-S', '0', '-s', '0', '-h', 'interop.example.org'];
  const where = ['-l', place.address, '-p', String(smtpPort), '-y', place.listen, '-Y', place.target];
  const program = new Program([programs.daemon, ...options, ...where], place.inside, env);
  const daemon: Daemon = {
    dialect: 'spamd',
    address: place.address,
    smtpPort,
    syncPort,
    key: existsSync(keyFile) ? await readFile(keyFile, 'utf8') : null,
    program,
    rows: async () => parseRows(await output([programs.database], env)),
    database: async (...args) => void (await output([programs.database, ...args], env)),
    async [Symbol.asyncDispose]() {
      await program[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
  return ready(daemon, place);
}
