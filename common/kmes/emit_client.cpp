#include "common/kmes/emit_client.h"

#include "common/base/check.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/kmes/kmes_protocol.h"

#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <vector>

namespace evd::kmes {

using base::Result;

namespace {

// struct kmes_emit_entry (Spec PSD-003 §4.1).
struct KernelEntry {
    uint64_t event_type;
    uint16_t event_type_len;
    uint8_t zero1[6];
    uint64_t payload;
    uint32_t payload_len;
    uint32_t zero2;
};
static_assert(sizeof(KernelEntry) == 32);

Result<void> checkLengths(const EmitEntry& entry) {
    if (entry.type.size() > kEventTypeBytesMax || eventBytesOf(entry) > kEmitEventBytesMax) {
        return kmesError(base::cat("an event of ", eventBytesOf(entry), " bytes"), ENOSPC);
    }
    return {};
}

// How many entries from the front have lengths that any KMES could take.
size_t countSendable(std::span<const EmitEntry> entries, std::optional<base::Error>& error) {
    for (size_t i = 0; i < entries.size(); ++i) {
        const auto checked = checkLengths(entries[i]);
        if (!checked.ok()) {
            error = checked.error();
            return i;
        }
    }
    return entries.size();
}

class KernelEmitClient final : public EmitClient {
  public:
    Result<void> emit(const EmitEntry& entry) override {
        EVD_TRY(checkLengths(entry));
        if (::syscall(kSyscallKmesEmit, entry.type.data(), entry.type.size(), entry.payload.data(),
                      entry.payload.size()) != 0) {
            return kmesError("the kernel refuses the event", errno);
        }
        return {};
    }

    BatchOutcome emitBatch(std::span<const EmitEntry> entries) override {
        EVD_CHECK(entries.size() <= kEmitBatchEntriesMax, "a batch has at most 256 entries");
        BatchOutcome outcome;
        const size_t count = countSendable(entries, outcome.error);
        if (count == 0) {
            return outcome;
        }
        std::array<KernelEntry, kEmitBatchEntriesMax> raw{};
        for (size_t i = 0; i < count; ++i) {
            raw[i].event_type = reinterpret_cast<uint64_t>(entries[i].type.data());
            raw[i].event_type_len = static_cast<uint16_t>(entries[i].type.size());
            raw[i].payload = reinterpret_cast<uint64_t>(entries[i].payload.data());
            raw[i].payload_len = static_cast<uint32_t>(entries[i].payload.size());
        }
        uint32_t emitted = 0;
        if (::syscall(kSyscallKmesEmitBatch, raw.data(), count, &emitted) != 0) {
            outcome.error = kmesError("the kernel refuses a batch of events", errno);
        }
        outcome.emitted = emitted;
        return outcome;
    }
};

class SocketEmitClient final : public EmitClient {
  public:
    explicit SocketEmitClient(base::Fd socket) : socket_(std::move(socket)) {
        // A packet leaves in one piece, so the socket's buffer bounds it. Ask for the most that is
        // ever needed; the kernel gives what it allows, and that is what batches are cut to.
        int bytes = static_cast<int>(kKmesPacketBytesMax);
        (void)::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof(bytes));
        socklen_t length = sizeof(bytes);
        if (::getsockopt(socket_.get(), SOL_SOCKET, SO_SNDBUF, &bytes, &length) == 0 && bytes > 0) {
            // The kernel doubles the figure for its own bookkeeping.
            packet_bytes_max_ = std::min(kKmesPacketBytesMax, static_cast<size_t>(bytes) / 2);
        }
    }

    Result<void> emit(const EmitEntry& entry) override {
        EVD_TRY(checkLengths(entry));
        const auto reply = ask(encodeEmit(entry));
        if (!reply.ok()) {
            return reply.error();
        }
        if (reply.value().status != 0) {
            return kmesError("KMES refuses the event", -reply.value().status);
        }
        return {};
    }

    BatchOutcome emitBatch(std::span<const EmitEntry> entries) override {
        EVD_CHECK(entries.size() <= kEmitBatchEntriesMax, "a batch has at most 256 entries");
        BatchOutcome outcome;
        std::optional<base::Error> unsendable;
        const size_t count = countSendable(entries, unsendable);
        while (outcome.emitted < count && !outcome.error) {
            const size_t part =
                partFitting(entries.subspan(outcome.emitted, count - outcome.emitted));
            sendPart(entries.subspan(outcome.emitted, part), outcome);
        }
        if (!outcome.error) {
            outcome.error = std::move(unsendable);
        }
        return outcome;
    }

  private:
    // At least one entry; as many as one packet takes.
    size_t partFitting(std::span<const EmitEntry> entries) const {
        size_t bytes = kBatchPrefixBytes;
        size_t count = 0;
        while (count < entries.size()) {
            bytes += batchEntryBytes(entries[count]);
            if (count > 0 && bytes > packet_bytes_max_) {
                break;
            }
            ++count;
        }
        return count;
    }

    void sendPart(std::span<const EmitEntry> entries, BatchOutcome& outcome) {
        const auto reply = ask(encodeEmitBatch(entries));
        if (!reply.ok()) {
            outcome.error = reply.error();
            return;
        }
        outcome.emitted += std::min<size_t>(reply.value().emitted, entries.size());
        if (reply.value().status != 0) {
            outcome.error = kmesError("KMES refuses a batch of events", -reply.value().status);
        } else if (reply.value().emitted != entries.size()) {
            outcome.error = base::fail(base::ErrorKind::Invalid,
                                       "KMES says a batch succeeded but not all of it was emitted");
        }
    }

    Result<EmitReply> ask(const std::vector<uint8_t>& request) {
        const auto sent = base::sendPacket(socket_.get(), request);
        if (!sent.ok()) {
            return sent.error();
        }
        std::array<uint8_t, kKmesReplyBytesMax> buffer{};
        const auto packet = base::receivePacket(socket_.get(), buffer);
        if (!packet.ok()) {
            return packet.error();
        }
        return parseEmitReply(std::span(buffer).first(packet.value().bytes));
    }

    base::Fd socket_;
    size_t packet_bytes_max_ = 65'536;
};

}  // namespace

bool kernelHasKmes() {
    // An empty type is refused by every KMES, whatever the caller's privileges.
    return ::syscall(kSyscallKmesEmit, "", 0, "", 0) == 0 || errno != ENOSYS;
}

std::unique_ptr<EmitClient> makeKernelEmitClient() {
    return std::make_unique<KernelEmitClient>();
}

std::unique_ptr<EmitClient> makeSocketEmitClient(base::Fd socket) {
    return std::make_unique<SocketEmitClient>(std::move(socket));
}

Result<std::unique_ptr<EmitClient>> connectEmitClient(const std::string& socket_path) {
    if (kernelHasKmes()) {
        return makeKernelEmitClient();
    }
    auto socket = base::connectUnix(socket_path, SOCK_SEQPACKET);
    if (!socket.ok()) {
        return socket.error();
    }
    return makeSocketEmitClient(std::move(socket).value());
}

}  // namespace evd::kmes
