#include "sandbox/supervisor/audit_records.h"

#include "common/base/clock.h"
#include "sandbox/supervisor/forbidden_call.h"

#include <arpa/inet.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

namespace evd::supervisor {

namespace {

constexpr size_t kRecordBytesMax = 16 * 1024;

// The kernel gives these records to the filter as they are in memory, and the filter reads numbers
// in network order.
bool keepSeccompOnly(int socket) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(nlmsghdr, nlmsg_type)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, htons(AUDIT_SECCOMP), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0xffff'ffff),
        BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const sock_fprog filter{std::size(program), program};
    return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)) == 0;
}

// What the kernel sent, and nobody else: a record is a header and text.
std::string_view textOf(const char* bytes, size_t size, const sockaddr_nl& from) {
    nlmsghdr header{};
    if (from.nl_pid != 0 || size < sizeof(header)) {
        return {};
    }
    std::memcpy(&header, bytes, sizeof(header));
    return header.nlmsg_type == AUDIT_SECCOMP
               ? std::string_view(bytes + sizeof(header), size - sizeof(header))
               : std::string_view();
}

}  // namespace

AuditRecords AuditRecords::open() {
    AuditRecords records;
    base::Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_AUDIT));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = AUDIT_NLGRP_READLOG;
    if (socket.valid() && keepSeccompOnly(socket.get()) &&
        ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
        records.socket_ = std::move(socket);
    }
    return records;
}

std::optional<int> AuditRecords::callOf(pid_t pid) {
    const base::SystemClock clock;
    const int64_t until_ns = clock.monotonicNs() + kAuditPatienceMs * base::kNsPerMs;
    std::optional<int> call;
    char bytes[kRecordBytesMax];
    while (socket_.valid()) {
        sockaddr_nl from{};
        socklen_t from_bytes = sizeof(from);
        const ssize_t got = ::recvfrom(socket_.get(), bytes, sizeof(bytes), 0,
                                       reinterpret_cast<sockaddr*>(&from), &from_bytes);
        if (got > 0) {
            const auto number = callOfProcess(textOf(bytes, static_cast<size_t>(got), from), pid);
            call = number ? number : call;
            continue;
        }
        const int64_t left_ms = (until_ns - clock.monotonicNs()) / base::kNsPerMs;
        if (call || left_ms <= 0) {
            break;
        }
        pollfd request{socket_.get(), POLLIN, 0};
        (void)::poll(&request, 1, static_cast<int>(left_ms));
    }
    return call;
}

}  // namespace evd::supervisor
