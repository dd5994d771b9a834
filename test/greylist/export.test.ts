import fc from 'fast-check';
import { MemoryStore, type SpamdbRecord } from 'spamd-sync';
import { formatSpamdb, parseSpamdb } from 'spamd-sync/spamdb';
import { expect, it } from 'vitest';
import { ATTEMPT, listed, START, setUp } from './setup.ts';

/** What a client, a name server or another host may bring: any text, with much of what divides lines and fields. */
const text = fc
  .array(fc.oneof(fc.constantFrom('|', '\n', '\r', '\0', '<', '>', '"', '\ud800'), fc.string({ unit: 'binary' })), {
    maxLength: 6,
  })
  .map((parts) => parts.join(''));

it('each line of an export can be read, whatever the strings and names that it holds', async () => {
  await fc.assert(
    fc.asyncProperty(text, text, text, text, text, async (name, helo, from, to, imported) => {
      const { greylist, group } = setUp(
        { identify: () => name },
        { store: new MemoryStore({ maxTuples: 9, maxAddresses: 9 }) },
      );
      const strings = { helo, from, to };
      await greylist.check({ ip: ATTEMPT.ip, ...strings });
      await group.receive({ type: 'grey', ip: '192.0.2.1', ...strings, timestamp: START });
      const history = { first: START, pass: START, expires: START + 100, blocked: 1, passed: 0 };
      const records: SpamdbRecord[] = [
        { type: 'GREY', ip: imported, ...strings, ...history },
        { type: 'WHITE', ip: imported, ...history },
        { type: 'TRAPPED', ip: imported, expires: START + 100 },
        { type: 'SPAMTRAP', address: imported },
      ];
      await greylist.import(records);

      const lines: SpamdbRecord[] = [];
      for await (const record of parseSpamdb(formatSpamdb(greylist.export()), { pools: true })) lines.push(record);
      expect(lines.map(({ type }) => type)).toEqual((await listed(greylist)).map(({ type }) => type));
    }),
    { numRuns: 100 },
  );
});
