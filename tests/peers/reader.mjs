// Reads and writes a BACnet device with @bacnet-js/client, printing TAP: what an independent stack makes of our simulator.
//
//   node reader.mjs OUR-ADDRESS:PORT BROADCAST DEVICE-ADDRESS:PORT
//
// The device must have an analog value that is commandable, and a name for every object.
import assert from 'node:assert/strict'
import bacnet from '@bacnet-js/client'

const { default: Client, ObjectType, PropertyIdentifier: P, ApplicationTag, ASN1_ARRAY_ALL } = bacnet
const [ours, broadcast, where] = process.argv.slice(2)
const [address, port] = ours.split(':')
const device = { address: where }
const PRIORITY = 8

const client = new Client({ interface: address, port: Number(port), broadcastAddress: broadcast, apduTimeout: 3000, reuseAddr: false })
const read = async (objectId, property, index = ASN1_ARRAY_ALL) =>
    (await client.readProperty(device, objectId, property, { arrayIndex: index })).values
// Another value that a setpoint takes, which is far from what it has: the middle of one half of its range, or of the other.
const another = async (objectId) => {
    const [[{ value: now }], [{ value: least }], [{ value: most }]] =
        [await read(objectId, P.PRESENT_VALUE), await read(objectId, P.MIN_PRES_VALUE), await read(objectId, P.MAX_PRES_VALUE)]
    return Math.fround(now > (least + most) / 2 ? (3 * least + most) / 4 : (least + 3 * most) / 4)
}
const failure = async (promise) => promise.then(() => null, (error) => error.message)

let count = 0, failed = 0
async function check(sentence, body) {
    count++
    try {
        await body()
        console.log(`ok ${count} - ${sentence}`)
    } catch (error) {
        failed++
        console.log(`not ok ${count} - ${sentence}\n  ---\n  ${String(error.stack).replaceAll('\n', '\n  ')}\n  ...`)
    }
}

await new Promise((resolve) => client.on('listening', resolve))

let deviceId, objects
await check('Who-Is finds the device', async () => {
    const found = new Promise((resolve, reject) => {
        client.on('iAm', (message) => message.header.sender.address === where.replace(/:47808$/, '') && resolve(message.payload))
        setTimeout(() => reject(new Error('no I-Am within 3 s')), 3000)
    })
    client.whoIs(device)
    const iAm = await found
    deviceId = { type: ObjectType.DEVICE, instance: iAm.deviceId }
})

await check('the object list is the same whole and element by element', async () => {
    objects = (await read(deviceId, P.OBJECT_LIST)).map((value) => value.value)
    const [{ value: length }] = await read(deviceId, P.OBJECT_LIST, 0)
    assert.equal(objects.length, length)
    for (const i of [1, Math.ceil(length / 2), length]) {
        const [{ value }] = await read(deviceId, P.OBJECT_LIST, i)
        assert.deepEqual(value, objects[i - 1])
    }
})

await check('every object has a name of its own', async () => {
    const names = new Set()
    for (const objectId of objects) names.add((await read(objectId, P.OBJECT_NAME))[0].value)
    assert.equal(names.size, objects.length)
})

await check('present values are the same by ReadProperty and ReadPropertyMultiple, or have moved by little', async () => {
    const analogs = objects.filter(({ type }) => type === ObjectType.ANALOG_VALUE).slice(0, 20)
    assert.ok(analogs.length > 0)
    const asked = analogs.map((objectId) => ({ objectId, properties: [{ id: P.PRESENT_VALUE }, { id: P.STATUS_FLAGS }] }))
    const { values } = await client.readPropertyMultiple(device, asked)
    assert.deepEqual(values.map((result) => result.objectId), analogs)
    for (const [i, result] of values.entries()) {
        const [{ value: single }] = await read(analogs[i], P.PRESENT_VALUE)
        const together = result.values[0].value[0].value
        assert.ok(Math.abs(single - together) <= Math.abs(single) * 0.2 + 1, `${single} and ${together}`)
    }
})

await check('ALL gives what single reads give', async () => {
    const objectId = objects.find(({ type }) => type === ObjectType.ANALOG_INPUT)
    const { values } = await client.readPropertyMultiple(device, [{ objectId, properties: [{ id: P.ALL }] }])
    const ids = values[0].values.map((property) => property.id)
    for (const wanted of [P.OBJECT_IDENTIFIER, P.OBJECT_NAME, P.OBJECT_TYPE, P.PRESENT_VALUE, P.STATUS_FLAGS, P.EVENT_STATE, P.OUT_OF_SERVICE, P.UNITS])
        assert.ok(ids.includes(wanted), `property ${wanted} is missing`)
})

await check('a setpoint is written at a priority, stands in its slot, and is released', async () => {
    let objectId, before
    for (const candidate of objects.filter(({ type }) => type === ObjectType.ANALOG_VALUE)) {
        if (await failure(read(candidate, P.PRIORITY_ARRAY))) continue
        objectId = candidate
        break
    }
    assert.ok(objectId, 'no commandable analog value')
    before = (await read(objectId, P.PRESENT_VALUE))[0].value
    const wanted = await another(objectId)
    await client.writeProperty(device, objectId, P.PRESENT_VALUE, [{ type: ApplicationTag.REAL, value: wanted }], { priority: PRIORITY })
    assert.equal((await read(objectId, P.PRESENT_VALUE))[0].value, wanted)
    assert.equal((await read(objectId, P.PRIORITY_ARRAY, PRIORITY))[0].value, wanted)
    const slots = await read(objectId, P.PRIORITY_ARRAY)
    assert.equal(slots.length, 16)
    assert.equal(slots[PRIORITY - 1].value, wanted)
    await client.writeProperty(device, objectId, P.PRESENT_VALUE, [{ type: ApplicationTag.NULL, value: null }], { priority: PRIORITY })
    assert.equal((await read(objectId, P.PRIORITY_ARRAY, PRIORITY))[0].type, ApplicationTag.NULL)
    const after = (await read(objectId, P.PRESENT_VALUE))[0].value // which the controls may have moved meanwhile
    assert.ok(Math.abs(after - before) < Math.abs(after - wanted), `${before}, then ${wanted}, and released ${after}`)
})

const setpoints = () => objects.filter(({ type }) => type === ObjectType.ANALOG_VALUE)
const real = (value) => [{ type: ApplicationTag.REAL, value }]
const released = [{ type: ApplicationTag.NULL, value: null }]

for (const confirmed of [false, true])
    await check(`a subscriber is told at once and when a value changes, ${confirmed ? 'and confirms it' : 'unconfirmed'}`, async () => {
        const [objectId] = setpoints()
        const told = []
        const event = confirmed ? 'covNotify' : 'covNotifyUnconfirmed'
        const listen = ({ header, payload, invokeId, service }) => {
            told.push(payload)
            if (confirmed) client.simpleAckResponse(header.sender, service, invokeId)
        }
        client.on(event, listen)
        const until = async (wanted) => {
            for (let i = 0; i < 50 && !wanted(); i++) await new Promise((resolve) => setTimeout(resolve, 100))
            assert.ok(wanted(), `told: ${JSON.stringify(told)}`)
        }
        await client.subscribeCov(device, objectId, 77, false, confirmed, 60)
        await until(() => told.length > 0)
        assert.equal(told[0].subscriberProcessId, 77)
        assert.deepEqual(told[0].monitoredObjectId, objectId)
        assert.equal(told[0].initiatingDeviceId.instance, deviceId.instance)
        const wanted = await another(objectId)
        await client.writeProperty(device, objectId, P.PRESENT_VALUE, real(wanted), { priority: PRIORITY })
        await until(() => told.some(({ values }) => values.some(({ value }) => Math.abs(value[0].value - wanted) < 0.01)))
        await client.writeProperty(device, objectId, P.PRESENT_VALUE, released, { priority: PRIORITY })
        await client.subscribeCov(device, objectId, 77, true, false, 0)
        client.off(event, listen)
    })

await check('several are written at once', async () => {
    const two = setpoints().slice(0, 2)
    const write = (values) => client.writePropertyMultiple(device, two.map((objectId, i) => ({ objectId,
        values: [{ property: { id: P.PRESENT_VALUE, index: ASN1_ARRAY_ALL }, value: values[i], priority: PRIORITY }] })))
    const wanted = [await another(two[0]), await another(two[1])]
    await write(wanted.map(real))
    for (const [i, objectId] of two.entries()) assert.equal((await read(objectId, P.PRESENT_VALUE))[0].value, wanted[i])
    await write([released, released])
    for (const objectId of two) assert.equal((await read(objectId, P.PRIORITY_ARRAY, PRIORITY))[0].type, ApplicationTag.NULL)
})

await check('a trend log is read by position', async () => {
    const log = objects.find(({ type }) => type === ObjectType.TREND_LOG)
    const [{ value: records }] = await read(log, P.RECORD_COUNT)
    const { itemCount, rangeBuffer, resultFlag } = await client.readRange(device, log, records - 2, 10)
    assert.equal(itemCount, 3)
    assert.equal(rangeBuffer[0], 0x0e) // the first record's time
    assert.equal(resultFlag.value[0] & 2, 2) // the last of the list is among them
    const none = await failure(read(log, P.LOG_BUFFER))
    assert.match(none, /Class:2 - Code:27/) // read-access-denied: for ReadRange alone
})

await check('an alarm is told of and acknowledged', async () => {
    // Of another device, whose first analog input is the temperature of a zone: the first has none with a limit.
    const zone = { type: ObjectType.ANALOG_INPUT, instance: 1 }
    let zones
    for (let i = 2; i < 10 && !zones; i++) {
        const there = { address: where.replace(/^127\.66\.0\.1/, `127.66.0.${i}`) }
        if (/^VAV.*ZN-T$/.test((await client.readProperty(there, zone, P.OBJECT_NAME)).values[0].value)) zones = there
    }
    assert.ok(zones, 'no device with a zone')
    const limit = (value) => client.writeProperty(zones, zone, P.HIGH_LIMIT, real(value), {})
    await limit(5)
    let events = []
    for (let i = 0; i < 50 && events.length === 0; i++) {
        await new Promise((resolve) => setTimeout(resolve, 200))
        const answer = await client.getEventInformation(zones)
        events = answer.events ?? answer.alarms ?? answer
    }
    assert.equal(events.length, 1)
    assert.deepEqual(events[0].objectId, zone)
    assert.equal(events[0].eventState, 3) // high-limit
    await limit(60)
})

await check('the clock is set', async () => {
    const wanted = new Date(2031, 4, 6, 7, 8, 9)
    client.timeSync(device, wanted)
    await new Promise((resolve) => setTimeout(resolve, 300))
    const [{ value: date }] = await read(deviceId, P.LOCAL_DATE), [{ value: time }] = await read(deviceId, P.LOCAL_TIME)
    assert.deepEqual([date.getFullYear(), date.getMonth(), date.getDate(), time.getHours(), time.getMinutes()], [2031, 4, 6, 7, 8])
})

await check('what cannot be is refused in the words of the standard', async () => {
    const input = objects.find(({ type }) => type === ObjectType.ANALOG_INPUT)
    assert.match(await failure(read({ type: ObjectType.ANALOG_INPUT, instance: 4194301 }, P.PRESENT_VALUE)), /Class:1 - Code:31/) // unknown-object
    assert.match(await failure(read(input, P.PRIORITY_ARRAY)), /Class:2 - Code:32/) // unknown-property
    assert.match(await failure(read(input, P.PRESENT_VALUE, 3)), /Class:2 - Code:50/) // property-is-not-an-array
    const write = client.writeProperty(device, input, P.OBJECT_TYPE, [{ type: ApplicationTag.ENUMERATED, value: 1 }], {})
    assert.match(await failure(write), /Class:2 - Code:40/) // write-access-denied
})

await check('who is told of changes and of alarms is listed', async () => {
    await client.subscribeCov(device, setpoints()[0], 78, false, true, 60)
    const subscriptions = await read(deviceId, P.ACTIVE_COV_SUBSCRIPTIONS)
    assert.ok(JSON.stringify(subscriptions).includes('78'), JSON.stringify(subscriptions))
    await client.subscribeCov(device, setpoints()[0], 78, true, false, 0)
    const notifications = objects.find(({ type }) => type === ObjectType.NOTIFICATION_CLASS)
    assert.deepEqual(await read(notifications, P.RECIPIENT_LIST), []) // nobody
})

await check('a device is quiet for as long as it is told to', async () => {
    const [ENABLE, DISABLE] = [0, 1]
    await client.deviceCommunicationControl(device, 1, DISABLE, { password: 'anything' })
    assert.match(await failure(read(deviceId, P.OBJECT_NAME)), /TIMEOUT/i)
    await client.deviceCommunicationControl(device, 1, ENABLE)
    assert.ok((await read(deviceId, P.OBJECT_NAME))[0].value)
})

await check('a device that restarts is away, and comes back', async () => {
    const WARMSTART = 1
    await client.reinitializeDevice(device, WARMSTART)
    assert.match(await failure(read(deviceId, P.OBJECT_NAME)), /TIMEOUT/i)
    let silence = 'not asked yet'
    for (let i = 0; i < 20 && silence; i++) silence = await failure(read(deviceId, P.OBJECT_NAME))
    assert.equal(silence, null)
})

client.close()
console.log(`1..${count}`)
process.exit(failed ? 1 : 0)
