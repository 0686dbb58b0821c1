#include "collector/linux/process_event.h"

#include <linux/connector.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <optional>

namespace evd::collector {

namespace {

using Bytes = std::span<const uint8_t>;

// linux/cn_proc.h, whose names moved between versions; the numbers are the kernel's ABI.
constexpr uint32_t kFork = 0x00000001;
constexpr uint32_t kExec = 0x00000002;
constexpr uint32_t kUid = 0x00000004;
constexpr uint32_t kGid = 0x00000040;
constexpr uint32_t kComm = 0x00000200;
constexpr uint32_t kExit = 0x80000000;

// proc_event: what u32, cpu u32, timestamp u64, then a union of u32 fields. Its members differ in
// size, and later kernels may send more of them than we read.
constexpr size_t kUnionAt = 16;
constexpr size_t kCommBytes = 16;

template <typename Value>
bool readAt(Bytes bytes, size_t at, Value& value) {
    if (bytes.size() < at || bytes.size() - at < sizeof(value)) {
        return false;
    }
    std::memcpy(&value, bytes.data() + at, sizeof(value));
    return true;
}

using Fields = std::array<uint32_t, 4>;

// All but fork begin with thread id and process id.
bool readProcess(Bytes event, ProcessEvent& found) {
    std::array<uint32_t, 2> ids{};
    if (!readAt(event, kUnionAt, ids) || ids[0] != ids[1]) {
        return false;
    }
    found.pid = static_cast<pid_t>(ids[1]);
    return true;
}

bool readFork(Bytes event, ProcessEvent& found) {
    Fields fields{};  // parent's thread and process, child's thread and process
    if (!readAt(event, kUnionAt, fields) || fields[2] != fields[3]) {
        return false;
    }
    found.kind = ProcessEvent::Kind::Fork;
    found.pid = static_cast<pid_t>(fields[3]);
    found.parent_pid = static_cast<pid_t>(fields[1]);
    return true;
}

bool readExec(Bytes event, ProcessEvent& found) {
    found.kind = ProcessEvent::Kind::Exec;
    return readProcess(event, found);
}

bool readExit(Bytes event, ProcessEvent& found) {
    Fields fields{};  // thread, process, status, signal to the parent
    found.kind = ProcessEvent::Kind::Exit;
    if (!readProcess(event, found) || !readAt(event, kUnionAt, fields)) {
        return false;
    }
    found.wait_status = static_cast<int>(fields[2]);
    return true;
}

bool readId(Bytes event, ProcessEvent::Kind kind, ProcessEvent& found) {
    Fields fields{};  // thread, process, real, effective
    found.kind = kind;
    if (!readProcess(event, found) || !readAt(event, kUnionAt, fields)) {
        return false;
    }
    found.real_id = fields[2];
    found.effective_id = fields[3];
    return true;
}

bool readComm(Bytes event, ProcessEvent& found) {
    std::array<char, kCommBytes> name{};
    found.kind = ProcessEvent::Kind::Comm;
    if (!readProcess(event, found) || !readAt(event, kUnionAt + 2 * sizeof(uint32_t), name)) {
        return false;
    }
    found.name.assign(name.data(), ::strnlen(name.data(), name.size()));
    return true;
}

bool readKnown(Bytes event, ProcessEvent& found) {
    uint32_t what = 0;
    if (!readAt(event, 0, what)) {
        return false;
    }
    switch (what) {
        case kFork:
            return readFork(event, found);
        case kExec:
            return readExec(event, found);
        case kExit:
            return readExit(event, found);
        case kUid:
            return readId(event, ProcessEvent::Kind::Uid, found);
        case kGid:
            return readId(event, ProcessEvent::Kind::Gid, found);
        case kComm:
            return readComm(event, found);
        default:
            return false;  // answers to subscriptions, and what we have no use for
    }
}

std::optional<ProcessEvent> readEvent(Bytes event) {
    ProcessEvent found;
    return readKnown(event, found) && found.pid > 0 ? std::optional(found) : std::nullopt;
}

// The event in one netlink message's body.
std::optional<ProcessEvent> readConnectorMessage(Bytes body) {
    cb_id id{};
    uint16_t event_bytes = 0;
    if (!readAt(body, offsetof(cn_msg, id), id) ||
        !readAt(body, offsetof(cn_msg, len), event_bytes) || body.size() < sizeof(cn_msg) ||
        id.idx != CN_IDX_PROC || id.val != CN_VAL_PROC ||
        event_bytes > body.size() - sizeof(cn_msg)) {
        return std::nullopt;
    }
    return readEvent(body.subspan(sizeof(cn_msg), event_bytes));
}

}  // namespace

std::vector<ProcessEvent> parseConnectorBytes(Bytes bytes) {
    std::vector<ProcessEvent> events;
    nlmsghdr header{};
    while (readAt(bytes, 0, header) && header.nlmsg_len >= NLMSG_HDRLEN &&
           header.nlmsg_len <= bytes.size()) {
        const bool is_data = header.nlmsg_type != NLMSG_ERROR && header.nlmsg_type != NLMSG_NOOP;
        const auto found =
            is_data ? readConnectorMessage(bytes.first(header.nlmsg_len).subspan(NLMSG_HDRLEN))
                    : std::nullopt;
        if (found.has_value()) {
            events.push_back(*found);
        }
        bytes = bytes.subspan(std::min<size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
    }
    return events;
}

}  // namespace evd::collector
