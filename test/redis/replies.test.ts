import { expect, it } from 'vitest';
import { asList, asNumber, asTexts } from '../../src/redis/replies.ts';

it('a reply that is no list where one was expected is store trouble', () => {
  expect(() => asList(7)).toThrow(
    expect.objectContaining({ code: 'ERR_SPAMD_STORE', message: 'Redis: answered number where a list was expected' }),
  );
  expect(() => asTexts(null)).toThrow(expect.objectContaining({ code: 'ERR_SPAMD_STORE' }));
});

it('a number is read from either form that the clients give it', () => {
  expect([asNumber(7), asNumber('7')]).toEqual([7, 7]);
});
