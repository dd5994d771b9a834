import type { Feed, Overview } from '../shapes.ts';
import { showCounts } from './counts.ts';
import { byId, mark } from './dom.ts';
import { showExchange } from './exchange.ts';
import { beginFeed, clearFeed, showFeed } from './feed.ts';
import { showGroup } from './group.ts';
import { beginRecords } from './records.ts';
import { beginSearch } from './why.ts';

beginSearch();
beginFeed();
beginRecords();

const events = new EventSource('api/events');
events.addEventListener('open', clearFeed);
events.addEventListener('feed', ({ data }: MessageEvent<string>) => showFeed(JSON.parse(data) as Feed));
events.addEventListener('overview', ({ data }: MessageEvent<string>) => {
  const overview = JSON.parse(data) as Overview;
  showGroup(overview);
  showExchange(overview);
  showCounts(overview.counts);
});
events.addEventListener('error', () => {
  byId('state', HTMLElement).replaceChildren(mark('bad', '▲', 'The daemon does not answer'));
});
