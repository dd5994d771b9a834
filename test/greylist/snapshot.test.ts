import { Greylist, SnapshotError } from 'spamd-sync';
import { expect, it } from 'vitest';

const NOW = 1_800_000_000;
const clock = { now: () => NOW };
const ATTEMPT = { ip: '192.0.2.1', helo: 'mx.example.org', from: '<a@example.org>', to: '<b@example.net>' };

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

async function filled(): Promise<Greylist> {
  const greylist = new Greylist({ clock });
  await greylist.check(ATTEMPT);
  await greylist.allow('192.0.2.2');
  await greylist.trap('192.0.2.3');
  await greylist.spamtraps.add('trap@example.net');
  return greylist;
}

async function bytesOf(greylist: Greylist): Promise<Buffer> {
  return Buffer.concat(await all(greylist.snapshot()));
}

it('a snapshot restores everything into another greylist', async () => {
  await using old = await filled();
  await using fresh = new Greylist({ clock });
  const bytes = await bytesOf(old);
  const report = await fresh.restore(() => [bytes]);
  expect(report).toMatchObject({ time: NOW, tuples: 1, addresses: 2, spamtraps: 1 });
  expect(await all(fresh.export())).toEqual(await all(old.export()));
  expect(await fresh.check(ATTEMPT)).toMatchObject({ reason: 'too-soon' });
  expect(await fresh.check({ ...ATTEMPT, ip: '192.0.2.3' })).toMatchObject({ action: 'reject' });
});

it('a snapshot that was cut or changed applies nothing', async () => {
  await using old = await filled();
  await using fresh = new Greylist({ clock });
  const bytes = await bytesOf(old);
  const changed = Buffer.from(bytes);
  const middle = bytes.length >> 1;
  changed[middle] = (changed[middle] as number) ^ 1;
  await expect(fresh.restore(() => [changed])).rejects.toThrow(SnapshotError);
  await expect(fresh.restore(() => [bytes.subarray(0, -1)])).rejects.toMatchObject({ code: 'ERR_SPAMD_SNAPSHOT' });
  expect(await all(fresh.export())).toEqual([]);
});
