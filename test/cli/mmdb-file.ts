import { wordsOfIPv6 } from '../../src/address.ts';

/** What a database holds of a network. */
type Data = { readonly [name: string]: string | number | Data };

/** Numbers are of 32 bits, strings of at most 284 bytes: enough for a test. */
function encoded(value: string | number | Data): Buffer {
  if (typeof value === 'string') {
    const { length } = value;
    const size = length < 29 ? [0x40 | length] : [0x40 | 29, length - 29];
    return Buffer.concat([Buffer.from(size), Buffer.from(value)]);
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(5);
    bytes[0] = 0xc4;
    bytes.writeUInt32BE(value, 1);
    return bytes;
  }
  const members = Object.entries(value).flatMap(([name, member]) => [encoded(name), encoded(member)]);
  return Buffer.concat([Buffer.from([0xe0 | Object.keys(value).length]), ...members]);
}

/** A database of the form mmdb, made of networks, IPv4 as `::192.0.2.0/120`. */
export function mmdbFile(networks: Readonly<Record<string, Data>>): Buffer {
  type Node = [Node | Buffer | undefined, Node | Buffer | undefined];
  const root: Node = [undefined, undefined];
  for (const [network, data] of Object.entries(networks)) {
    const [address = '', length] = network.split('/');
    const bits = wordsOfIPv6(address).flatMap((word) =>
      Array.from({ length: 32 }, (_, at) => (word >>> (31 - at)) & 1),
    );
    const path = bits.slice(0, Number(length));
    let node = root;
    for (const bit of path.slice(0, -1)) {
      node[bit] ??= [undefined, undefined];
      node = node[bit] as Node;
    }
    node[path.at(-1) as number] = encoded(data);
  }
  const nodes: Node[] = [];
  const collect = (node: Node): void => {
    nodes.push(node);
    for (const child of node) if (Array.isArray(child)) collect(child);
  };
  collect(root);
  const data: Buffer[] = [];
  let size = 0;
  const tree = Buffer.alloc(nodes.length * 6);
  nodes.forEach((node, index) => {
    node.forEach((child, side) => {
      let record = nodes.length;
      if (Array.isArray(child)) record = nodes.indexOf(child);
      else if (child !== undefined) {
        record = nodes.length + 16 + size;
        size += child.length;
        data.push(child);
      }
      tree.writeUIntBE(record, index * 6 + side * 3, 3);
    });
  });
  const metadata = {
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 0,
    database_type: 'test',
    ip_version: 6,
    node_count: nodes.length,
    record_size: 24,
  };
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, encoded(metadata)]);
}
