import type { Entry } from 'spamd-sync';
import { describe, expect, test } from 'vitest';
import type { Place } from './daemon.ts';
import { multicastScenarios } from './multicast.ts';
import { type Programs, spamdPrograms } from './named.ts';
import { freshAddress, LOOPBACK, unixNow } from './places.ts';
import { connectAs, pairFor, rowsAbout, scenarios } from './scenarios.ts';
import { startSpamd } from './spamd.ts';

describe.runIf(spamdPrograms)('spamd', () => {
  const start = (place: Place) => startSpamd(spamdPrograms as Programs, place);

  describe('by unicast', () => {
    const current = pairFor(start);
    scenarios(current);

    test('an attempt with the null sender arrives with <>', async () => {
      const { daemon, heard } = current();

      await connectAs(daemon, LOOPBACK.client, '<bounces@example.net>', '<>');

      await expect
        .poll(() => heard)
        .toEqual([expect.objectContaining({ type: 'grey', from: '<>', to: '<bounces@example.net>' })]);
    });

    test('removals are skipped, and cost nothing of what is announced with them', async () => {
      const { daemon, peer } = current();
      const [first, second] = [freshAddress(), freshAddress()];
      const [timestamp, expires] = [unixNow(), unixNow() + 600];
      const removals: Entry[] = [
        { type: 'remove-white', ip: first, timestamp },
        { type: 'remove-trapped', ip: second, timestamp },
      ];

      const report = await peer.announce([
        ...removals,
        { type: 'white', ip: first, timestamp, expires },
        { type: 'trapped', ip: second, timestamp, expires },
      ]);

      expect(report.skipped).toEqual(removals.map((entry) => ({ entry, dialect: 'spamd', why: 'removal' })));
      await expect
        .poll(() => rowsAbout(daemon, [first, second]))
        .toEqual([expect.objectContaining({ type: 'WHITE' }), expect.objectContaining({ type: 'TRAPPED' })]);
    });
  });

  multicastScenarios(start);
});
