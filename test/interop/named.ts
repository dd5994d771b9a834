/** The programs of one daemon, as named in the environment. */
export interface Programs {
  readonly daemon: string;
  readonly database: string;
}

export const greydPrograms = named('GREYD', 'GREYDB');
export const spamdPrograms = named('SPAMD', 'SPAMDB');

/** Namespaces are Linux's, and root's to make. */
export const hasNamespaces = process.platform === 'linux' && process.getuid?.() === 0;

function named(daemon: string, database: string): Programs | undefined {
  const paths = [process.env[daemon], process.env[database]];
  const [first, second] = paths;
  return first && second ? { daemon: first, database: second } : undefined;
}
