// A BACnet device made with @bacnet-js/client: analog inputs and binary values whose values tell which object they are of.
//
//   node device.mjs ADDRESS:PORT INSTANCE POINTS
//
// Analog input i is i * 10 + 0.5, binary value i is active when i is odd. Prints "ready" and serves until it is stopped.
import bacnet from '@bacnet-js/client'

const { default: Client, ObjectType, PropertyIdentifier, ApplicationTag, ErrorClass, ErrorCode, Segmentation } = bacnet
const [where, instance, points] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])]
const [address, port] = where.split(':')

const analogs = Math.ceil(points / 2)
const objects = [{ type: ObjectType.DEVICE, instance }]
for (let i = 1; i <= analogs; i++) objects.push({ type: ObjectType.ANALOG_INPUT, instance: i })
for (let i = 1; i <= points - analogs; i++) objects.push({ type: ObjectType.BINARY_VALUE, instance: i })

const text = (value) => [{ type: ApplicationTag.CHARACTER_STRING, value }]
const enumerated = (value) => [{ type: ApplicationTag.ENUMERATED, value }]
const natural = (value) => [{ type: ApplicationTag.UNSIGNED_INTEGER, value }]
const bits = (value, bitsUsed) => [{ type: ApplicationTag.BIT_STRING, value: { value, bitsUsed } }]
const identifier = (value) => [{ type: ApplicationTag.OBJECTIDENTIFIER, value }]
const UNITS_DEGREES_CELSIUS = 62

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

const exists = (id) => objects.some((object) => object.type === id.type && object.instance === id.instance)
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
