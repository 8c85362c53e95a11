import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = process.cwd();
const pages = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'lib/README.md', 'examples/README.md'];
for (const name of readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })) {
  if (name.endsWith('.md')) pages.push(path.join('docs', name));
}

test.each(pages)('do the links of %s lead somewhere?', (page) => {
  const text = readFileSync(path.join(ROOT, page), 'utf8');
  const targets = [...text.matchAll(/\]\(([^)#]+)(#[^)]*)?\)/g)].map((match) => match[1] as string);
  const broken = targets.filter(
    (target) => !/^[a-z]+:/.test(target) && !existsSync(path.join(ROOT, path.dirname(page), target)),
  );
  expect(broken).toEqual([]);
});

test('does every test that the status names exist?', () => {
  const text = readFileSync(path.join(ROOT, 'docs/status.md'), 'utf8');
  const named = [...text.matchAll(/`t\/([a-z0-9/.-]+)`/g)].map((match) => match[1] as string);
  const missing = named.filter(
    (name) => !['', '.ts', '.test.ts'].some((end) => existsSync(path.join(ROOT, 'test', name + end))),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(missing).toEqual([]);
});
