// The same reads as poll_bench by @bacnet-js/client: node poll.mjs rpm|rp SECONDS OUR-ADDRESS:PORT ADDRESS:PORT...
// Prints "points CPU-SECONDS SECONDS". Objects are read out first; then present values and status flags, as fast as can be, with
// 8 requests under way to each device: 60 objects a ReadPropertyMultiple, or present values one by one. As in ours, of the
// objects whose present value is a number.
import { createRequire } from 'node:module'
const bacnet = createRequire(new URL('../tests/peers/package.json', import.meta.url))('@bacnet-js/client')

const { default: Client, ObjectType, PropertyIdentifier: P } = bacnet
const [how, seconds, ours, ...devices] = process.argv.slice(2)
const [address, port] = ours.split(':')
const WINDOW = 8, OBJECTS = 60
const NUMERIC = new Set([0, 1, 2, 46, 45, 48, 24, 23, 12, 3, 4, 5, 13, 14, 19]) // bac_object_is_numeric, lib/bacnet/wire/object.h
const DEVICE = { type: ObjectType.DEVICE, instance: 4194303 }
const client = new Client({ interface: address, port: Number(port), apduTimeout: 3000, reuseAddr: false })
await new Promise((resolve) => client.on('listening', resolve))

let points = 0, stop = false
async function readOn(receiver, objects, start) {
    for (let i = start; !stop; i++) {
        if (how === 'rp') {
            await client.readProperty(receiver, objects[i % objects.length], P.PRESENT_VALUE)
            points++
            continue
        }
        const from = (i * OBJECTS) % objects.length
        const asked = objects.slice(from, from + OBJECTS)
        const { values } = await client.readPropertyMultiple(receiver, asked.map((objectId) =>
            ({ objectId, properties: [{ id: P.PRESENT_VALUE }, { id: P.STATUS_FLAGS }] })))
        points += values.length
    }
}

const work = []
for (const device of devices) {
    const receiver = { address: device }
    const { values } = await client.readProperty(receiver, DEVICE, P.OBJECT_LIST)
    const objects = values.map(({ value }) => value).filter(({ type }) => NUMERIC.has(type))
    for (let i = 0; i < WINDOW; i++) work.push(readOn(receiver, objects, i))
}
await new Promise((resolve) => setTimeout(resolve, 500))
const before = { points, cpu: process.cpuUsage(), at: performance.now() }
await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
const cpu = process.cpuUsage(before.cpu)
console.log(points - before.points, (cpu.user + cpu.system) / 1e6, (performance.now() - before.at) / 1000)
stop = true
setTimeout(() => process.exit(0), 100)
