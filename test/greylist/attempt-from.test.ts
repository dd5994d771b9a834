import fc from 'fast-check';
import { attemptFrom, Greylist } from 'spamd-sync';
import { describe, expect, it } from 'vitest';

const STRINGS = { helo: 'mx', from: 'a@example.org', to: 'b@example.net' };

describe('attemptFrom', () => {
  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['IPv6:2001:db8::1', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['[IPv6:2001:db8::1]', '2001:db8::1'],
    ['[::1]:25', '::1'],
    ['[192.0.2.1]', '192.0.2.1'],
    ['192.0.2.1:50123', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['fe80::1%eth0', 'fe80::1'],
    [' 192.0.2.1 ', '192.0.2.1'],
  ])('takes %j for the address %s', (ip, address) => {
    expect(attemptFrom({ ip, ...STRINGS })?.ip).toBe(address);
  });

  it.each(['unknown', '', undefined, null, 'unix:/run/mail', 'local', '[', '[]', '192.0.2.1:', ':25', '1.2.3'])(
    'has no attempt where the client is %j',
    (ip) => {
      expect(attemptFrom({ ip, ...STRINGS })).toBeUndefined();
    },
  );

  it.each([
    ['a@example.org', '<a@example.org>'],
    ['<a@example.org>', '<a@example.org>'],
    ['', '<>'],
    [undefined, '<>'],
    [null, '<>'],
    ['<>', '<>'],
    ['<@relay.example:a@example.org>', '<@relay.example:a@example.org>'],
    ['"a b"@example.org', '<"a b"@example.org>'],
  ])('makes of the sender %j what spamd keeps, %s', (from, kept) => {
    expect(attemptFrom({ ip: '192.0.2.1', helo: 'mx', from, to: 'b@example.net' })?.from).toBe(kept);
  });

  it('passes on the local address in any form, and no other', () => {
    expect(attemptFrom({ ip: '192.0.2.1', ...STRINGS, connectedTo: '[198.51.100.1]:25' })?.connectedTo).toBe(
      '198.51.100.1',
    );
    expect(attemptFrom({ ip: '192.0.2.1', ...STRINGS, connectedTo: 'unix:/x' })?.connectedTo).toBeUndefined();
  });

  it('makes something that check takes of any strings, and never throws', async () => {
    const greylist = new Greylist();
    const text = fc.option(fc.string({ unit: 'binary' }), { nil: undefined });
    const ip = fc.oneof(
      text,
      fc.ipV4(),
      fc.ipV6(),
      fc.ipV6().map((address) => `[IPv6:${address}]:25`),
    );
    await fc.assert(
      fc.asyncProperty(ip, text, text, text, async (client, helo, from, to) => {
        const attempt = attemptFrom({ ip: client, helo, from, to, connectedTo: client });
        if (attempt !== undefined) expect((await greylist.check(attempt)).action).toBeTypeOf('string');
      }),
    );
    await greylist.close();
  });
});
