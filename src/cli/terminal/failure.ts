import { SpamdSyncError } from '../../index.ts';

/** The error codes of the system, in words. */
const SYSTEM: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EISDIR: 'is a directory',
  ELOOP: 'too many symbolic links',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or directory',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
};

/** The exit status of a command. */
export const EXIT = {
  /** All is well. */
  ok: 0,
  /** The command did its work, and the answer is no: a datagram is not sound, an old key is still in use. */
  no: 1,
  /** The command line is wrong. */
  usage: 2,
  /** What the command needs cannot be had: a file, a port, a daemon. */
  trouble: 3,
} as const;

/** A mistake on the command line that commander cannot see. */
export class UsageError extends Error {}

/**
 * The error in one line, and the exit status of the command.
 *
 * @param options The long options of the command. A member of an options object is replaced by the option that sets it.
 */
export function failureOf(
  error: unknown,
  options: readonly string[] = [],
): { readonly line: string; readonly exit: number } {
  // Of an error and a second one from the clean-up after it, the first one says what is wrong.
  if (isSuppressed(error)) return failureOf(error.suppressed, options);
  const message = wordsOf(error);
  const line = message.replaceAll(/\s*\n\s*/g, ' ');
  if (error instanceof UsageError) return { line: `${line}; see --help`, exit: EXIT.usage };
  if (error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_OPTION') {
    return { line: `${byOption(line, options)}; see --help`, exit: EXIT.usage };
  }
  if (error instanceof SpamdSyncError && error.code === 'ERR_SPAMD_FIELD') return { line, exit: EXIT.usage };
  return { line, exit: EXIT.trouble };
}

function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, message } = error as NodeJS.ErrnoException;
  const words = code === undefined ? undefined : SYSTEM[code];
  return words === undefined || path === undefined ? message : `${path === '' ? '""' : path}: ${words}`;
}

/** Names the option: `policy.lowPriorityMx: not an IP address` becomes `--low-priority-mx: not an IP address`. */
function byOption(line: string, options: readonly string[]): string {
  const [, member] = /^(?:policy\.)?([A-Za-z\d.]+): /.exec(line) ?? [];
  const long = `--${member?.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`).replaceAll('.', '-')}`;
  const option = [long, long.replace(/s$/, '')].find((one) => options.includes(one));
  return option === undefined ? line : `${option}${line.slice(line.indexOf(': '))}`;
}

function isSuppressed(error: unknown): error is Error & { readonly suppressed: unknown } {
  return error instanceof Error && error.name === 'SuppressedError' && 'suppressed' in error;
}
