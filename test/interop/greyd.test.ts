import type { Entry } from 'spamd-sync';
import { describe, expect, test } from 'vitest';
import type { Place } from './daemon.ts';
import { startGreyd } from './greyd.ts';
import { multicastScenarios } from './multicast.ts';
import { greydPrograms, type Programs } from './named.ts';
import { freshAddress, unixNow } from './places.ts';
import { pairFor, rowsAbout, scenarios } from './scenarios.ts';

describe.runIf(greydPrograms)('greyd', () => {
  const start = (place: Place) => startGreyd(greydPrograms as Programs, place);

  describe('by unicast', () => {
    const current = pairFor(start);
    scenarios(current);

    test('removals take effect, and leave standing what is announced with them', async () => {
      const { daemon, peer } = current();
      const [oldWhite, oldTrap, newWhite, newTrap] = [freshAddress(), freshAddress(), freshAddress(), freshAddress()];
      const [timestamp, expires] = [unixNow(), unixNow() + 600];
      const all = [oldWhite, oldTrap, newWhite, newTrap];
      const types = async () => (await rowsAbout(daemon, all)).map(({ type, ip }) => [type, ip]);
      await Promise.all([peer.white(oldWhite, expires), peer.trapped(oldTrap, expires)]);
      await expect.poll(types).toEqual([
        ['WHITE', oldWhite],
        ['TRAPPED', oldTrap],
      ]);

      await peer.announce([
        { type: 'remove-white', ip: oldWhite, timestamp },
        { type: 'white', ip: newWhite, timestamp, expires },
        { type: 'remove-trapped', ip: oldTrap, timestamp },
        { type: 'trapped', ip: newTrap, timestamp, expires },
      ]);

      await expect.poll(types).toEqual([
        ['WHITE', newWhite],
        ['TRAPPED', newTrap],
      ]);
    });

    test('an address that is removed and added again in one call stands', async () => {
      const { daemon, peer } = current();
      const [ip, marker] = [freshAddress(), freshAddress()];
      const [timestamp, expires] = [unixNow(), unixNow() + 600];
      await peer.white(ip, expires);

      await peer.announce([
        { type: 'remove-white', ip, timestamp },
        { type: 'trapped', ip, timestamp, expires: expires + 1 },
        { type: 'white', ip: marker, timestamp, expires },
      ]);

      await expect
        .poll(() => rowsAbout(daemon, [ip, marker]))
        .toEqual([
          expect.objectContaining({ type: 'TRAPPED', ip, expires: expires + 1 }),
          expect.objectContaining({ type: 'WHITE', ip: marker, expires: expires }),
        ]);
    });

    test('what its operator adds and removes arrives', async () => {
      const { daemon, heard } = current();
      const [good, bad] = [freshAddress(), freshAddress()];

      await daemon.database('-a', good);
      await daemon.database('-t', '-a', bad);
      await daemon.database('-d', good);
      await daemon.database('-t', '-d', bad);

      const entry = (type: Entry['type'], ip: string) => expect.objectContaining({ type, ip });
      await expect
        .poll(() => heard)
        .toEqual([
          entry('white', good),
          entry('trapped', bad),
          entry('remove-white', good),
          entry('remove-trapped', bad),
        ]);
    });
  });

  multicastScenarios(start);
});
