/** What docs/integrations says, done on a machine. */
import { readFileSync } from 'node:fs';
import type { Machine, MachineProgram } from './machine.ts';

/** For passtime, seconds. */
export const PASSTIME = 2;

/** A page of docs/integrations, and its blocks of code. */
export class IntegrationPage {
  readonly #text: string;

  constructor(name: string) {
    this.#text = readFileSync(new URL(`../../docs/integrations/${name}.md`, import.meta.url), 'utf8');
  }

  /** The blocks that are marked with this language, in order. */
  blocks(language: string): readonly string[] {
    return [...this.#text.matchAll(/^( *)```(\w+)\n(.*?)^\1```$/gms)]
      .filter(([, , marked]) => marked === language)
      .map(([, indent = '', , body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''));
  }

  /** The block of this language, of which there has to be one. */
  block(language: string, containing = ''): string {
    const found = this.blocks(language).filter((body) => body.includes(containing));
    if (found.length !== 1) throw new Error(`${found.length} blocks of ${language} with ${containing}`);
    return found[0] as string;
  }
}

/** What the daemon needs on a machine: a key, and a directory for its control socket. */
export function prepare(machine: Machine): void {
  machine.sh('mkdir -p /run/spamd-sync /etc/mail && spamd-sync keygen /etc/mail/spamd.key');
}

/**
 * Starts the daemon as a page says, but with a passtime for tests.
 *
 * @param more Options of the daemon.
 */
export async function startDaemon(
  machine: Machine,
  line: string,
  ready: RegExp,
  more = `--passtime ${PASSTIME}s`,
): Promise<MachineProgram> {
  const program = machine.start('sh', '-c', `exec ${line.trim()} ${more}`);
  await program.printed(ready);
  return program;
}

/** Waits until a tuple seen now may pass. */
export function passtime(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, (PASSTIME + 1.1) * 1000));
}

/** A record as `list --json` prints it, of those members that matter here. */
type SpamdbLine = Readonly<Partial<Record<'type' | 'ip' | 'helo' | 'from' | 'to', string>>>;

/** The records that the daemon holds. */
export function records(machine: Machine): SpamdbLine[] {
  const lines = machine.run('spamd-sync', 'list', '--json').trim();
  return lines === '' ? [] : lines.split('\n').map((line) => JSON.parse(line) as SpamdbLine);
}
