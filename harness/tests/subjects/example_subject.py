#!/usr/bin/env python3
import asyncio, json, os, sys, time

def say(kind, **keys):
    os.write(int(os.environ["FLOWBENCH_FD"]), (json.dumps({"v": 1, "kind": kind, **keys}) + "\n").encode())
def memory(key):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(key))
async def mix(x):  # one task
    z = (x + 0x9E3779B97F4A7C15) % 2**64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 % 2**64
    z = (z ^ z >> 27) * 0x94D049BB133111EB % 2**64
    return z ^ z >> 31
async def spawn_join(tasks, seed):
    return sum(await asyncio.gather(*[asyncio.create_task(mix(seed + i)) for i in range(tasks)])) % 2**64

me = {"subject": "asyncio", "version": sys.version.split()[0], "build": {"compiler": "cpython", "flags": ""}}
if "--describe" in sys.argv: sys.exit(say("describe", **me, workloads=["spawn_join"], unsupported={}))
call, runtime = dict(zip(sys.argv[1::2], sys.argv[2::2])), asyncio.Runner()
tasks, phases = int(call["--tasks"]), int(call["--phases"])
say("hello", **me, workload=call["--workload"], tasks=tasks, workers=int(call["--workers"]))
for i in range(max(phases, 1)):
    before, cpu, wall = memory("VmRSS"), time.process_time_ns(), time.monotonic_ns()
    answer = runtime.run(spawn_join(tasks, int(call["--seed"])))
    wall, cpu = time.monotonic_ns() - wall, time.process_time_ns() - cpu
    if phases: say("sample", i=i, wall_ns=wall, cpu_ns=cpu, rss_before_bytes=before, peak_rss_bytes=memory("VmHWM"))
say("done", completed=tasks, answer=str(answer))
