import { parseAddressList } from 'spamd-sync/spamdb';
import { describe, expect, it } from 'vitest';
import { collect, lineErrorOf } from './helpers.ts';

describe('parseAddressList', () => {
  it('parseAddressList reads addresses and networks, and passes over comments and blank lines', async () => {
    const list = [
      '# a list, 192.0.2.99',
      '192.0.2.1',
      '',
      '  192.0.2.0/24\t# with a comment # and\ranother\r',
      '   ',
      '2001:db8::1#close',
      '2001:DB8::/32',
      '0.0.0.0/0',
      '::/128',
      '192.0.2.255/32',
    ].join('\n');
    expect(await collect(parseAddressList(list))).toStrictEqual([
      { address: '192.0.2.1', prefix: 32 },
      { address: '192.0.2.0', prefix: 24 },
      { address: '2001:db8::1', prefix: 128 },
      { address: '2001:DB8::', prefix: 32 },
      { address: '0.0.0.0', prefix: 0 },
      { address: '::', prefix: 128 },
      { address: '192.0.2.255', prefix: 32 },
    ]);
  });

  it.each([
    ['example.org', 'not an IP address or network: "example.org"'],
    ['10/8', 'not an IP address or network: "10/8"'],
    ['!192.0.2.1', 'not an IP address or network: "!192.0.2.1"'],
    ['192.0.2.1 192.0.2.2', 'not an IP address or network: "192.0.2.1 192.0.2.2"'],
    ['192.0.2.1\0', 'not an IP address or network: "192.0.2.1\\u0000"'],
    ['fe80::1%em0', 'not an IP address or network: "fe80::1%em0"'],
    ['192.0.2.0/33', 'prefix is not 0..32: "192.0.2.0/33"'],
    ['192.0.2.0/', 'prefix is not 0..32: "192.0.2.0/"'],
    ['192.0.2.0/08', 'prefix is not 0..32: "192.0.2.0/08"'],
    ['192.0.2.0/8/8', 'prefix is not 0..32: "192.0.2.0/8/8"'],
    ['192.0.2.0/255.255.255.0', 'prefix is not 0..32: "192.0.2.0/255.255.255.0"'],
    ['2001:db8::/129', 'prefix is not 0..128: "2001:db8::/129"'],
    [`192.0.2.1 #${'x'.repeat(65_536)}`, 'longer than 65536 bytes'],
  ])('parseAddressList refuses %.40j', async (line, detail) => {
    const list = `# a list\n${line}\n192.0.2.7\n`;
    expect(await lineErrorOf(parseAddressList(list))).toMatchObject({ code: 'ERR_SPAMD_LINE', line: 2, detail });
    const kept = await collect(parseAddressList(list, { onBadLine: 'skip' }));
    expect(kept).toEqual([{ address: '192.0.2.7', prefix: 32 }]);
  });
});
