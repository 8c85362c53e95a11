/**
 * Adds to package-lock.json the optional packages for other platforms that a registry mirror did not have.
 * Without them `npm ci` refuses the lockfile ("Missing: … from lock file"), on every platform. Version and
 * platform come from what the parent package declares; the entries carry no checksum. Run it after
 * `npm install`, when `npm ci` says so: node .ci/complete-lockfile.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = new URL('../package-lock.json', import.meta.url);
const PLATFORM =
  /-(aix|android|darwin|freebsd|linux|netbsd|openbsd|openharmony|sunos|win32)-(arm64|arm|ia32|loong64|mips64el|ppc64|riscv64|s390x|x64)(?:-(\w+))?$/;
const LIBC = { gnu: 'glibc', glibc: 'glibc', musl: 'musl' };

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
let added = 0;
for (const [parentPath, parent] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const platform = PLATFORM.exec(name);
    const known = `node_modules/${name}` in lock.packages || `${parentPath}/node_modules/${name}` in lock.packages;
    if (platform === null || known || !/^\d+\.\d+\.\d+$/.test(version)) continue;
    const [, os, cpu, abi] = platform;
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(parent.dev ? { dev: true } : {}),
      ...(os === 'linux' && abi in LIBC ? { libc: [LIBC[abi]] } : {}),
      license: parent.license,
      optional: true,
      os: [os],
    };
    added++;
  }
}
const [root, ...rest] = Object.entries(lock.packages);
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => a.localeCompare(b, 'en'))]);
writeFileSync(FILE, `${JSON.stringify(lock, null, 2)}\n`);
console.log(`${added} packages added`);
