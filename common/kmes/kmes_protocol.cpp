#include "common/kmes/kmes_protocol.h"

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/base/text.h"

#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <system_error>

namespace evd::kmes {

using base::cat;
using base::Error;
using base::ErrorKind;
using base::fail;
using base::Result;

namespace {

// Takes fields off the front of a packet; every take is checked against what is left.
class FieldReader {
  public:
    explicit FieldReader(std::span<const uint8_t> bytes) : left_(bytes) {}

    template <typename Value>
    bool take(Value& value) {
        if (left_.size() < sizeof(value)) {
            return false;
        }
        std::memcpy(&value, left_.data(), sizeof(value));
        left_ = left_.subspan(sizeof(value));
        return true;
    }

    bool takeBytes(size_t count, std::span<const uint8_t>& bytes) {
        if (left_.size() < count) {
            return false;
        }
        bytes = left_.first(count);
        left_ = left_.subspan(count);
        return true;
    }

    bool atEnd() const { return left_.empty(); }

  private:
    std::span<const uint8_t> left_;
};

template <typename Value>
void put(std::vector<uint8_t>& out, Value value) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(&value);
    out.insert(out.end(), bytes, bytes + sizeof(value));
}

constexpr size_t kEntryPrefixBytes = 8;

void putEntry(std::vector<uint8_t>& out, const EmitEntry& entry) {
    EVD_CHECK(entry.type.size() <= kEventTypeBytesMax &&
                  entry.payload.size() <= std::numeric_limits<uint32_t>::max(),
              "the lengths of an entry must fit their fields");
    put(out, static_cast<uint16_t>(entry.type.size()));
    put(out, uint16_t{0});
    put(out, static_cast<uint32_t>(entry.payload.size()));
    out.insert(out.end(), entry.type.begin(), entry.type.end());
    out.insert(out.end(), entry.payload.begin(), entry.payload.end());
}

bool takeEntry(FieldReader& reader, EmitEntry& entry) {
    uint16_t type_bytes = 0;
    uint16_t zero = 0;
    uint32_t payload_bytes = 0;
    std::span<const uint8_t> type;
    if (!reader.take(type_bytes) || !reader.take(zero) || !reader.take(payload_bytes) ||
        zero != 0 || !reader.takeBytes(type_bytes, type) ||
        !reader.takeBytes(payload_bytes, entry.payload)) {
        return false;
    }
    entry.type = base::asText(type);
    return true;
}

std::optional<KmesRequest> takeBatch(FieldReader& reader) {
    uint32_t count = 0;
    if (!reader.take(count) || count == 0 || count > kEmitBatchEntriesMax) {
        return std::nullopt;
    }
    EmitBatchRequest batch;
    batch.entries.resize(count);
    for (EmitEntry& entry : batch.entries) {
        if (!takeEntry(reader, entry)) {
            return std::nullopt;
        }
    }
    return batch;
}

std::optional<KmesRequest> takeRequest(FieldReader& reader) {
    uint32_t operation = 0;
    if (!reader.take(operation)) {
        return std::nullopt;
    }
    if (operation == static_cast<uint32_t>(KmesOperation::Attach)) {
        AttachRequest attach;
        return reader.take(attach.cpu) ? std::optional<KmesRequest>(attach) : std::nullopt;
    }
    if (operation == static_cast<uint32_t>(KmesOperation::Emit)) {
        EmitRequest emit;
        return takeEntry(reader, emit.entry) ? std::optional<KmesRequest>(emit) : std::nullopt;
    }
    if (operation == static_cast<uint32_t>(KmesOperation::EmitBatch)) {
        return takeBatch(reader);
    }
    if (operation == static_cast<uint32_t>(KmesOperation::Resize)) {
        ResizeRequest resize;
        uint32_t zero = 0;
        return reader.take(zero) && zero == 0 && reader.take(resize.capacity)
                   ? std::optional<KmesRequest>(resize)
                   : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Result<KmesRequest> parseRequest(std::span<const uint8_t> packet) {
    FieldReader reader(packet);
    auto request = takeRequest(reader);
    if (!request || !reader.atEnd()) {
        return fail(ErrorKind::Invalid, cat("malformed KMES request of ", packet.size(), " bytes"));
    }
    return *std::move(request);
}

std::vector<uint8_t> encodeAttach(uint32_t cpu) {
    std::vector<uint8_t> out;
    put(out, KmesOperation::Attach);
    put(out, cpu);
    return out;
}

std::vector<uint8_t> encodeEmit(const EmitEntry& entry) {
    std::vector<uint8_t> out;
    out.reserve(sizeof(uint32_t) + batchEntryBytes(entry));
    put(out, KmesOperation::Emit);
    putEntry(out, entry);
    return out;
}

std::vector<uint8_t> encodeEmitBatch(std::span<const EmitEntry> entries) {
    EVD_CHECK(!entries.empty() && entries.size() <= kEmitBatchEntriesMax,
              "a batch has 1 to 256 entries");
    size_t bytes = kBatchPrefixBytes;
    for (const EmitEntry& entry : entries) {
        bytes += batchEntryBytes(entry);
    }
    std::vector<uint8_t> out;
    out.reserve(bytes);
    put(out, KmesOperation::EmitBatch);
    put(out, static_cast<uint32_t>(entries.size()));
    for (const EmitEntry& entry : entries) {
        putEntry(out, entry);
    }
    return out;
}

std::vector<uint8_t> encodeResize(uint64_t capacity) {
    std::vector<uint8_t> out;
    put(out, KmesOperation::Resize);
    put(out, uint32_t{0});
    put(out, capacity);
    return out;
}

size_t batchEntryBytes(const EmitEntry& entry) {
    return kEntryPrefixBytes + entry.type.size() + entry.payload.size();
}

std::array<uint8_t, 8> encodeReply(const EmitReply& reply) {
    std::array<uint8_t, 8> out{};
    std::memcpy(out.data(), &reply.status, sizeof(reply.status));
    std::memcpy(out.data() + 4, &reply.emitted, sizeof(reply.emitted));
    return out;
}

std::array<uint8_t, 16> encodeReply(const AttachReply& reply) {
    std::array<uint8_t, 16> out{};
    std::memcpy(out.data(), &reply.status, sizeof(reply.status));
    std::memcpy(out.data() + 8, &reply.capacity, sizeof(reply.capacity));
    return out;
}

Result<EmitReply> parseEmitReply(std::span<const uint8_t> packet) {
    FieldReader reader(packet);
    EmitReply reply;
    if (!reader.take(reply.status) || !reader.take(reply.emitted) || !reader.atEnd() ||
        reply.status > 0 || reply.emitted > kEmitBatchEntriesMax) {
        return fail(ErrorKind::Invalid, cat("malformed KMES reply of ", packet.size(), " bytes"));
    }
    return reply;
}

Result<AttachReply> parseAttachReply(std::span<const uint8_t> packet) {
    FieldReader reader(packet);
    AttachReply reply;
    uint32_t zero = 0;
    if (!reader.take(reply.status) || !reader.take(zero) || !reader.take(reply.capacity) ||
        !reader.atEnd() || reply.status > 0 || zero != 0) {
        return fail(ErrorKind::Invalid,
                    cat("malformed KMES attach reply of ", packet.size(), " bytes"));
    }
    return reply;
}

Error kmesError(std::string_view what, int error_number) {
    ErrorKind kind = ErrorKind::Io;
    switch (error_number) {
        case EPERM:
            kind = ErrorKind::Denied;
            break;
        case EINVAL:
        case ENOSPC:
        case EFAULT:
            kind = ErrorKind::Invalid;
            break;
        case EAGAIN:
        case ENOMEM:
            kind = ErrorKind::Busy;
            break;
        case ENOSYS:
            kind = ErrorKind::Unsupported;
            break;
        default:
            break;
    }
    return fail(kind, cat(what, ": ", std::generic_category().message(error_number)));
}

Result<AttachedRing> attachRing(int fd, uint32_t cpu) {
    EVD_TRY(base::sendPacket(fd, encodeAttach(cpu)));
    return receiveAttached(fd, cpu);
}

Result<AttachedRing> receiveAttached(int fd, uint32_t cpu) {
    std::array<uint8_t, kKmesReplyBytesMax> buffer{};
    auto packet = base::receivePacket(fd, buffer);
    if (!packet.ok()) {
        return packet.error();
    }
    const auto reply = parseAttachReply(std::span(buffer).first(packet.value().bytes));
    if (!reply.ok()) {
        return reply.error();
    }
    if (reply.value().status == -EINVAL) {
        return fail(ErrorKind::NotFound, cat("KMES has no ring for cpu ", cpu));
    }
    if (reply.value().status != 0) {
        return kmesError(cat("KMES refuses the ring of cpu ", cpu), -reply.value().status);
    }
    if (packet.value().truncated || packet.value().fds.size() != 2) {
        return fail(ErrorKind::Invalid, cat("KMES sent ", packet.value().fds.size(),
                                            " descriptors for cpu ", cpu, " instead of 2"));
    }
    return AttachedRing{reply.value().capacity,
                        {std::move(packet.value().fds[0]), std::move(packet.value().fds[1])}};
}

}  // namespace evd::kmes
