import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { spawnExample } from '../examples/recipe.ts';

/** The example as an operator runs it, and what it has printed so far. */
function startPeer(...args: string[]) {
  return spawnExample('peer.ts', args);
}

describe('the example of a peer', () => {
  it('goes on when a target does not resolve at the start, and says so', async () => {
    const { child, printed, ended } = startPeer('-y', '127.0.0.1', '-p', '0', '-Y', 'no-such-host.invalid', '--no-key');
    await expect
      .poll(() => printed.stderr, { timeout: 30_000 })
      .toContain('target no-such-host.invalid: no such host or interface; looked up');
    expect(printed.stdout).toMatch(/^listening on 127\.0\.0\.1:\d+, /);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect((await ended).status).toBe(0);
  });

  it.each([[['--help']], [[]]])('ends without a word when its reader closes the pipe: %j', async (args) => {
    const { child, printed, ended } = startPeer(...args);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    expect((await ended).status).toBe(0);
    expect(printed.stderr).toBe('');
  });

  it('needs something to do', async () => {
    const { printed, ended } = startPeer('--no-key');
    expect((await ended).status).toBe(1);
    expect(printed.stderr).toBe(
      'spamd-sync: neither -y nor -Y: it would receive nothing and announce nothing; see --help\n',
    );
  });
});
