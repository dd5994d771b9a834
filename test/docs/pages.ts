import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** A `js` block of a page, and what stands around it. */
export interface Block {
  /** Where it begins, as an editor opens it: `docs/api.md:106`. */
  readonly place: string;
  readonly code: string;
  /** The file that it is saved as, when it is marked `js NAME.mjs`: blocks after it import that. */
  readonly savedAs: string | undefined;
  /**
   * What it prints, out of the `text` block behind it. `…` there stands for what differs from run to run, and for any
   * lines where it is a line of its own.
   */
  readonly output: string;
  /** What it reads from standard input, out of the block `text stdin` before it. */
  readonly input: string;
  /** Files that it reads, out of the blocks `text NAME` before it. */
  readonly files: Readonly<Record<string, string>>;
}

/** The blocks of a page, in order. One that is marked `js continued` goes on where the one before it ended. */
export interface Page {
  readonly name: string;
  readonly blocks: readonly Block[];
}

const FENCE = /^```(\w*)[ ]?([^\n]*)\n(.*?)^```$|^#+ [^\n]*$/gms;

export function readPages(): Page[] {
  const docs = readdirSync(`${ROOT}docs`, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  return ['README.md', ...docs.sort().map((name) => `docs/${name}`)].map((name) => ({
    name,
    blocks: blocksOf(name, readFileSync(ROOT + name, 'utf8')),
  }));
}

/** A heading ends what belongs to a block. */
function blocksOf(name: string, text: string): Block[] {
  const blocks: { -readonly [Member in keyof Block]: Block[Member] }[] = [];
  let files: Record<string, string> = {};
  let input = '';
  let printing = false;
  for (const { 0: all, 1: language, 2: info = '', 3: body = '', index } of text.matchAll(FENCE)) {
    const place = `${name}:${text.slice(0, index).split('\n').length}`;
    if (all.startsWith('#')) printing = false;
    else if (language === 'js') {
      const savedAs = info.endsWith('.mjs') ? info : undefined;
      if (savedAs === undefined && info !== '' && info !== 'continued')
        throw new Error(`${place}: unknown mark ${info}`);
      const before = info === 'continued' ? blocks.at(-1)?.code : '';
      if (before === undefined) throw new Error(`${place}: continues nothing`);
      blocks.push({ place, code: `${before}\n${body}`, savedAs, output: '', input, files });
      files = {};
      input = '';
      printing = true;
    } else if (language === 'text' && info === 'stdin') input = body;
    else if (language === 'text' && info !== '') files[info] = body;
    else if (language === 'text' && printing) {
      const [last] = blocks.slice(-1);
      if (last !== undefined) last.output = body;
      printing = false;
    }
  }
  return blocks;
}

/** Matches what a block prints. */
export function pattern(output: string): RegExp {
  const escaped = output.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const lines = escaped.replace(/^…\n/gm, '(?:[^\\n]*\\n)*');
  return new RegExp(`^${lines.replaceAll('…', '[^\\n]*')}$`);
}
