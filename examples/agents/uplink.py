"""A coroutine: one task makes messages, another sends them in batches. Ends cleanly at SIGTERM."""

import asyncio
import random
import signal


async def main(batch=5):
    queue = asyncio.Queue(maxsize=100)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.create_task(produce(queue)), asyncio.create_task(send(queue, batch))]
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    print(f"asked to end; {queue.qsize()} messages were not sent")


async def produce(queue):
    number = 0
    while True:
        number += 1
        await queue.put(number)
        await asyncio.sleep(random.uniform(0.2, 1.0))


async def send(queue, batch):
    while True:
        messages = [await queue.get() for _ in range(batch)]
        await asyncio.sleep(random.uniform(0.05, 0.3))
        print(f"sent messages {messages[0]} to {messages[-1]}")
