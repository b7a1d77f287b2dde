// A BACnet device made with @bacnet-js/client: analog inputs and binary values whose values tell which object they are of.
//
//   node device.mjs ADDRESS:PORT INSTANCE POINTS [OUTPUTS]
//
// Analog input i is i * 10 + 0.5, binary value i is active when i is odd; trend log 1, which its object list does not name, has 30
// records, the n-th n + 0.5 at minute n of 2026-01-05 08:00. Analog output i of
// OUTPUTS is commandable, 0 to 100, with 16 priorities and 50 where none holds a value; each write that comes is a line:
// "write 1 8 21.5". Prints "ready" and serves until it is stopped.
import { createRequire } from 'node:module'
import bacnet from '@bacnet-js/client'

const inside = createRequire(import.meta.url) // what encodes ReadRange's answers, which no public function sends
const apdu = inside('@bacnet-js/client/dist/lib/apdu.js'), npdu = inside('@bacnet-js/client/dist/lib/npdu.js')
const { ReadRange } = inside('@bacnet-js/client/dist/lib/services/index.js')

const { default: Client, ObjectType, PropertyIdentifier, ApplicationTag, ErrorClass, ErrorCode, Segmentation } = bacnet
const [where, instance, points, outputs] = [process.argv[2], ...process.argv.slice(3, 5).map(Number), Number(process.argv[5] ?? 0)]
const [address, port] = where.split(':')

const analogs = Math.ceil(points / 2)
const objects = [{ type: ObjectType.DEVICE, instance }]
for (let i = 1; i <= analogs; i++) objects.push({ type: ObjectType.ANALOG_INPUT, instance: i })
for (let i = 1; i <= points - analogs; i++) objects.push({ type: ObjectType.BINARY_VALUE, instance: i })
for (let i = 1; i <= outputs; i++) objects.push({ type: ObjectType.ANALOG_OUTPUT, instance: i })

const text = (value) => [{ type: ApplicationTag.CHARACTER_STRING, value }]
const enumerated = (value) => [{ type: ApplicationTag.ENUMERATED, value }]
const natural = (value) => [{ type: ApplicationTag.UNSIGNED_INTEGER, value }]
const bits = (value, bitsUsed) => [{ type: ApplicationTag.BIT_STRING, value: { value, bitsUsed } }]
const identifier = (value) => [{ type: ApplicationTag.OBJECTIDENTIFIER, value }]
const UNITS_DEGREES_CELSIUS = 62, UNITS_PERCENT = 98
const real = (value) => [value === null ? { type: ApplicationTag.NULL } : { type: ApplicationTag.REAL, value }]
const slots = Array.from({ length: outputs + 1 }, () => Array(16).fill(null)) // of analog output i
const DEFAULT = 50

function valueOfOutput(i, property, index) {
    const P = PropertyIdentifier, held = slots[i].find((slot) => slot !== null)
    switch (property) {
        case P.OBJECT_NAME: return text(`AO/${i}`)
        case P.PRESENT_VALUE: return real(held ?? DEFAULT)
        case P.PRIORITY_ARRAY:
            if (index === 0) return natural(16)
            if (index !== 0xffffffff) return index <= 16 ? real(slots[i][index - 1]) : undefined
            return slots[i].map((slot) => real(slot)[0])
        case P.RELINQUISH_DEFAULT: return real(DEFAULT)
        case P.MIN_PRESENT_VALUE: return real(0)
        case P.MAX_PRESENT_VALUE: return real(100)
        case P.STATUS_FLAGS: return bits([0], 4)
        case P.UNITS: return enumerated(UNITS_PERCENT)
        case P.EVENT_STATE: return enumerated(0)
        case P.OUT_OF_SERVICE: return [{ type: ApplicationTag.BOOLEAN, value: false }]
    }
    return undefined
}

// The value of a property, or undefined where the object has none such.
function valueOf({ type, instance: i }, property, index) {
    const P = PropertyIdentifier
    if (property === P.OBJECT_TYPE) return enumerated(type)
    if (property === P.OBJECT_IDENTIFIER) return identifier({ type, instance: i })
    if (type === ObjectType.DEVICE) {
        switch (property) {
            case P.OBJECT_NAME: return text('independent-device')
            case P.VENDOR_NAME: return text('bacnet-js')
            case P.MODEL_NAME: return text('test peer')
            case P.VENDOR_IDENTIFIER: return natural(0)
            case P.PROTOCOL_REVISION: return natural(14)
            case P.SYSTEM_STATUS: return enumerated(0)
            case P.OBJECT_LIST:
                if (index === 0) return natural(objects.length)
                if (index !== 0xffffffff) return index <= objects.length ? identifier(objects[index - 1]) : undefined
                return objects.map((object) => identifier(object)[0])
        }
        return undefined
    }
    if (type === ObjectType.TREND_LOG)
        return { [P.OBJECT_NAME]: text('LOG'), [P.RECORD_COUNT]: natural(RECORDS), [P.TOTAL_RECORD_COUNT]: natural(RECORDS) }[property]
    if (type === ObjectType.ANALOG_OUTPUT) return valueOfOutput(i, property, index)
    const analog = type === ObjectType.ANALOG_INPUT
    switch (property) {
        case P.OBJECT_NAME: return text(`${analog ? 'AI' : 'BV'}/${i}`)
        case P.PRESENT_VALUE: return analog ? [{ type: ApplicationTag.REAL, value: i * 10 + 0.5 }] : enumerated(i % 2)
        case P.STATUS_FLAGS: return bits([0], 4)
        case P.UNITS: return analog ? enumerated(UNITS_DEGREES_CELSIUS) : undefined
        case P.EVENT_STATE: return enumerated(0)
        case P.OUT_OF_SERVICE: return [{ type: ApplicationTag.BOOLEAN, value: false }]
    }
    return undefined
}

const RECORDS = 30
const LOG = { type: ObjectType.TREND_LOG, instance: 1 }
// [0] { date, time } [1] { [2] Real }
function record(n) {
    const value = Buffer.alloc(4)
    value.writeFloatBE(n + 0.5)
    return Buffer.from([0x0e, 0xa4, 126, 1, 5, 1, 0xb4, 8, n, 0, 0, 0x0f, 0x1e, 0x2c, ...value, 0x1f])
}

const exists = (id) => [...objects, LOG].some((object) => object.type === id.type && object.instance === id.instance)
const refusal = (id) => exists(id)
    ? { errorClass: ErrorClass.PROPERTY, errorCode: ErrorCode.UNKNOWN_PROPERTY }
    : { errorClass: ErrorClass.OBJECT, errorCode: ErrorCode.UNKNOWN_OBJECT }

const client = new Client({ interface: address, port: Number(port), reuseAddr: false })
client.on('error', (error) => { console.error(error); process.exit(1) })
client.on('listening', () => console.log('ready'))

client.on('whoIs', ({ header, payload }) => {
    if (payload?.lowLimit > instance || payload?.highLimit < instance) return
    client.iAmResponse(header.sender, instance, Segmentation.NO_SEGMENTATION, 0)
})

// Analog input 1 tells a subscriber that it is 11.5, three seconds after the subscription, and with it.
client.on('subscribeCov', ({ header, payload, invokeId, service }) => {
    client.simpleAckResponse(header.sender, service, invokeId)
    const { subscriberProcessId, monitoredObjectId: id } = payload
    const tell = (value) => client.unconfirmedCOVNotification(header.sender, subscriberProcessId, instance, id, 60, [
        { property: { id: PropertyIdentifier.PRESENT_VALUE }, value },
        { property: { id: PropertyIdentifier.STATUS_FLAGS }, value: bits([0], 4) },
    ])
    setImmediate(() => tell(valueOf(id, PropertyIdentifier.PRESENT_VALUE)))
    if (id.type === ObjectType.ANALOG_INPUT && id.instance === 1)
        setTimeout(() => tell([{ type: ApplicationTag.REAL, value: 11.5 }]), 3000)
})

// At most 7 records at once, by position or by number.
client.on('readRange', ({ header, payload, invokeId }) => {
    const { objectId, property, requestType, position, count } = payload
    const first = Math.max(1, position), last = Math.min(RECORDS, first + Math.min(count, 7) - 1)
    const items = []
    for (let n = first; n <= last; n++) items.push(record(n))
    const flags = (first === 1 ? 1 : 0) | (last === RECORDS ? 2 : 0) | (last < Math.min(RECORDS, first + count - 1) ? 4 : 0)
    const buffer = client._getApduBuffer(header.sender)
    npdu.encode(buffer, 0, header.sender)
    apdu.encodeComplexAck(buffer, 0x30, 26, invokeId)
    ReadRange.encodeAcknowledge(buffer, objectId, property.id, property.index, { value: [flags], bitsUsed: 3 }, items.length,
        Buffer.concat(items), requestType, first)
    client.sendBvlc(header.sender, buffer)
})

client.on('readProperty', ({ header, payload, invokeId, service }) => {
    const value = exists(payload.objectId) && valueOf(payload.objectId, payload.property.id, payload.property.index)
    if (value) return client.readPropertyResponse(header.sender, invokeId, payload.objectId, payload.property, value)
    const { errorClass, errorCode } = refusal(payload.objectId)
    client.errorResponse(header.sender, service, invokeId, errorClass, errorCode)
})

client.on('readPropertyMultiple', ({ header, payload, invokeId }) => {
    const answers = payload.properties.map(({ objectId, properties }) => ({
        objectId,
        values: properties.map((property) => {
            const value = exists(objectId) && valueOf(objectId, property.id, property.index)
            return { property, value: value || [{ value: { type: 'BacnetError', ...refusal(objectId) } }] }
        }),
    }))
    client.readPropertyMultipleResponse(header.sender, invokeId, answers)
})

client.on('writeProperty', ({ header, payload, invokeId, service }) => {
    const { objectId: id, value: { property, value: [value], priority } } = payload
    const refuse = (errorClass, errorCode) => client.errorResponse(header.sender, service, invokeId, errorClass, errorCode)
    if (id.type !== ObjectType.ANALOG_OUTPUT || property.id !== PropertyIdentifier.PRESENT_VALUE)
        return refuse(ErrorClass.PROPERTY, ErrorCode.WRITE_ACCESS_DENIED)
    console.log(`write ${id.instance} ${priority} ${value.value}`)
    if (value.type !== ApplicationTag.NULL && value.type !== ApplicationTag.REAL)
        return refuse(ErrorClass.PROPERTY, ErrorCode.INVALID_DATA_TYPE)
    if (value.type === ApplicationTag.REAL && !(value.value >= 0 && value.value <= 100))
        return refuse(ErrorClass.PROPERTY, ErrorCode.VALUE_OUT_OF_RANGE)
    slots[id.instance][(priority || 16) - 1] = value.type === ApplicationTag.NULL ? null : value.value
    client.simpleAckResponse(header.sender, service, invokeId)
})
