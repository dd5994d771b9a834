import { fileURLToPath } from 'node:url';
import type { Entry } from 'spamd-sync';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { INTERFACE, Lab } from '../e2e/lab.ts';
import type { RemotePeer } from '../e2e/remote.ts';
import { type Daemon, output, type Start, textOf } from './daemon.ts';
import { hasNamespaces } from './named.ts';
import { freshAddress, GROUP, onHost, unixNow } from './places.ts';
import { ALICE, original, rowsAbout } from './scenarios.ts';
import type { Attempt } from './smtp.ts';

const CLIENT = fileURLToPath(new URL('attempt.ts', import.meta.url));

/** A daemon on one host and peers on two others, who only ever speak to the group. */
export function multicastScenarios(start: Start): void {
  describe.runIf(hasNamespaces)('by multicast', () => {
    let lab: Lab;
    let daemon: Daemon;
    let peers: RemotePeer[];
    beforeAll(async () => {
      lab = new Lab(inject('labPrefix'), 3);
      daemon = await start(onHost(lab.host(0)));
      const { key, dialect, syncPort: port } = daemon;
      const targets = [{ host: INTERFACE, dialect }];
      peers = await Promise.all(
        lab.hosts.slice(1).map((host) => host.open({ key, listen: INTERFACE, targets, port, group: GROUP })),
      );
    });
    afterAll(async () => {
      await daemon?.[Symbol.asyncDispose]();
      await lab?.[Symbol.asyncDispose]();
    });

    test('what a peer says stands in the database and reaches the other peer', async () => {
      const [grey, white, trapped] = [freshAddress(), freshAddress(), freshAddress()];
      const [timestamp, expires] = [unixNow(), unixNow() + 600];
      const said: Entry[] = [
        { type: 'grey', ip: grey, ...original(daemon), timestamp },
        { type: 'white', ip: white, timestamp, expires },
        { type: 'trapped', ip: trapped, timestamp, expires },
      ];

      await peers[0]?.announce(...said);

      await expect
        .poll(() => rowsAbout(daemon, [grey, white, trapped]))
        .toEqual([
          expect.objectContaining({ type: 'GREY', ip: grey, text: textOf(original(daemon)) }),
          expect.objectContaining({ type: 'WHITE', ip: white, expires: expires }),
          expect.objectContaining({ type: 'TRAPPED', ip: trapped, expires: expires }),
        ]);
      await expect.poll(() => peers[1]?.entries).toEqual(said);
      expect(peers[0]?.entries).toEqual([]);
    });

    test('what the daemon says reaches both peers', async () => {
      const client = lab.host(1);
      const about: Attempt = { host: daemon.address, port: daemon.smtpPort, client: client.address, ...ALICE };
      await output([...client.inside, process.execPath, '--import', 'tsx', CLIENT, JSON.stringify(about)]);

      const grey = { type: 'grey', ip: client.address, ...original(daemon), timestamp: expect.any(Number) };
      for (const peer of peers) await expect.poll(() => peer.entries).toContainEqual(grey);
      expect(peers[0]?.sources.map(({ address }) => address)).toEqual([daemon.address]);
    });
  });
}
