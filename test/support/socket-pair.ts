import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { temporaryDirectory } from './temporary-directory.ts';

/** Two ends of one pipe, as `child_process.spawn` gives them to parent and child. */
export async function socketPair(): Promise<readonly [Socket, Socket]> {
  const { directory, remove } = await temporaryDirectory();
  const server = createServer();
  server.listen(path.join(directory, 'pipe'));
  await once(server, 'listening');
  const accepted = once(server, 'connection');
  const here = connect(path.join(directory, 'pipe'));
  await once(here, 'connect');
  const [there] = (await accepted) as [Socket];
  server.close();
  await remove();
  return [here, there];
}
