#include "common/kmes/event_header.h"

#include "common/base/check.h"
#include "common/base/text.h"

#include <bit>
#include <cstring>

namespace evd::kmes {

namespace {

static_assert(std::endian::native == std::endian::little, "ring bytes are little-endian");

constexpr size_t kHeaderSizeAt = 4;
constexpr size_t kTimestampAt = 8;
constexpr size_t kSequenceAt = 16;
constexpr size_t kCpuAt = 24;
constexpr size_t kOriginAt = 26;
constexpr size_t kEffectiveTokenAt = 27;
constexpr size_t kTrueTokenAt = 43;
constexpr size_t kProcessAt = 59;
constexpr size_t kTypeBytesAt = 75;

template <typename Value>
Value readAt(std::span<const uint8_t> bytes, size_t at) {
    Value value;
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return value;
}

template <typename Value>
void writeAt(std::span<uint8_t, kEventHeaderBytes> bytes, size_t at, const Value& value) {
    std::memcpy(bytes.data() + at, &value, sizeof(value));
}

}  // namespace

bool readEventFrame(std::span<const uint8_t> bytes, EventFrame& frame) {
    return readEventFrame(bytes, bytes.size(), frame);
}

bool readEventFrame(std::span<const uint8_t> bytes, uint64_t available, EventFrame& frame) {
    if (bytes.size() < kEventHeaderBytes) {
        return false;
    }
    const auto event_bytes = readAt<uint32_t>(bytes, 0);
    const auto header_bytes = readAt<uint32_t>(bytes, kHeaderSizeAt);
    const auto type_bytes = readAt<uint16_t>(bytes, kTypeBytesAt);
    const auto sequence = readAt<uint64_t>(bytes, kSequenceAt);
    if (header_bytes < kEventHeaderBytes + type_bytes || header_bytes > event_bytes ||
        event_bytes > available || sequence == 0) {
        return false;
    }
    frame = {event_bytes, readAt<uint64_t>(bytes, kTimestampAt), sequence,
             readAt<uint16_t>(bytes, kCpuAt)};
    return true;
}

base::Result<EventHeader> decodeEventHeader(std::span<const uint8_t> bytes) {
    EventFrame frame;
    if (!readEventFrame(bytes, frame)) {
        if (bytes.size() < kEventHeaderBytes) {
            return base::fail(
                base::ErrorKind::Invalid,
                base::cat("an event needs ", kEventHeaderBytes, " bytes, here are ", bytes.size()));
        }
        return base::fail(
            base::ErrorKind::Invalid,
            base::cat("malformed event header: event_size ", readAt<uint32_t>(bytes, 0),
                      ", header_size ", readAt<uint32_t>(bytes, kHeaderSizeAt), ", type_len ",
                      readAt<uint16_t>(bytes, kTypeBytesAt), ", sequence ",
                      readAt<uint64_t>(bytes, kSequenceAt), ", ", bytes.size(),
                      " bytes available"));
    }
    EventHeader header;
    header.event_bytes = frame.event_bytes;
    header.header_bytes = readAt<uint32_t>(bytes, kHeaderSizeAt);
    header.timestamp_ns = frame.timestamp_ns;
    header.sequence = frame.sequence;
    header.cpu = frame.cpu;
    header.origin_class = bytes[kOriginAt];
    header.effective_token = readAt<base::Guid>(bytes, kEffectiveTokenAt);
    header.true_token = readAt<base::Guid>(bytes, kTrueTokenAt);
    header.process = readAt<base::Guid>(bytes, kProcessAt);
    header.type_bytes = readAt<uint16_t>(bytes, kTypeBytesAt);
    return header;
}

std::string_view eventType(const EventHeader& header, std::span<const uint8_t> bytes) {
    EVD_CHECK(bytes.size() >= header.event_bytes, "the header must be of these bytes");
    return base::asText(bytes.subspan(kEventHeaderBytes, header.type_bytes));
}

std::span<const uint8_t> eventPayload(const EventHeader& header, std::span<const uint8_t> bytes) {
    EVD_CHECK(bytes.size() >= header.event_bytes, "the header must be of these bytes");
    return bytes.subspan(header.header_bytes, header.event_bytes - header.header_bytes);
}

void encodeEventHeader(const EventHeader& header, std::span<uint8_t, kEventHeaderBytes> out) {
    writeAt(out, 0, header.event_bytes);
    writeAt(out, kHeaderSizeAt, header.header_bytes);
    writeAt(out, kTimestampAt, header.timestamp_ns);
    writeAt(out, kSequenceAt, header.sequence);
    writeAt(out, kCpuAt, header.cpu);
    writeAt(out, kOriginAt, header.origin_class);
    writeAt(out, kEffectiveTokenAt, header.effective_token.bytes);
    writeAt(out, kTrueTokenAt, header.true_token.bytes);
    writeAt(out, kProcessAt, header.process.bytes);
    writeAt(out, kTypeBytesAt, header.type_bytes);
}

uint64_t eventBytesOf(const EmitEntry& entry) {
    return kEventHeaderBytes + entry.type.size() + entry.payload.size();
}

}  // namespace evd::kmes
