#include "tests/process/attack/attempts.h"

#include "common/base/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstring>
#include <utility>
#include <vector>

namespace evd::test {

namespace {

constexpr size_t kPage = 4096;
constexpr size_t kMemoryStep = size_t{64} << 20;
constexpr size_t kMemoryTriedMax = size_t{1} << 40;
constexpr int kFdsTriedMax = 100'000;
constexpr int kThreadsTriedMax = 20'000;
constexpr int kBusyMs = 2500;
constexpr int kFdsLookedAt = 256;

int outcomeOf(long result) {
    return result < 0 ? errno : 0;
}

int openFile(const std::string& path, int flags) {
    return outcomeOf(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

int runShell() {
    char* const arguments[] = {nullptr};
    return outcomeOf(::execve("/bin/sh", arguments, arguments));
}

int readSibling(pid_t sibling) {
    char byte = 0;
    const iovec own{&byte, 1};
    const iovec theirs{reinterpret_cast<void*>(uintptr_t{0x400000}), 1};
    return outcomeOf(::process_vm_readv(sibling, &own, 1, &theirs, 1, 0));
}

int connectTo(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    return fd < 0
               ? errno
               : outcomeOf(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)));
}

int makeExecutableMemory() {
    void* const page =
        ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return page == MAP_FAILED ? errno : outcomeOf(::mprotect(page, kPage, PROT_READ | PROT_EXEC));
}

// A message that says it comes from root, over the control connection.
int fakeCredentials() {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))] = {};
    msghdr message{};
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_CREDENTIALS;
    header->cmsg_len = CMSG_LEN(sizeof(ucred));
    const ucred root{1, 0, 0};
    std::memcpy(CMSG_DATA(header), &root, sizeof(root));
    constexpr int kControl = 3;
    return outcomeOf(::sendmsg(kControl, &message, MSG_NOSIGNAL));
}

// Nonsense into every connection there is, the one to the supervisor among them.
int sendJunk() {
    std::array<char, 16 * kPage> junk{};
    for (size_t i = 0; i < junk.size(); ++i) {
        junk[i] = static_cast<char>(i * 167 + 13);
    }
    for (int fd = 3; fd < kFdsLookedAt; ++fd) {
        int type = 0;
        socklen_t bytes = sizeof(type);
        if (::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &bytes) == 0) {
            iovec part{junk.data(), junk.size()};
            msghdr message{};
            message.msg_iov = &part;
            message.msg_iovlen = 1;
            (void)::sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        }
    }
    return 0;
}

// Takes them all, keeps them for a moment, gives them back.
int exhaustDescriptors() {
    std::vector<int> taken;
    taken.reserve(kFdsTriedMax);
    int outcome = 0;
    while (outcome == 0 && taken.size() < kFdsTriedMax) {
        const int fd = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        outcome = outcomeOf(fd);
        if (fd >= 0) {
            taken.push_back(fd);
        }
    }
    (void)::poll(nullptr, 0, 200);
    for (const int fd : taken) {
        (void)::close(fd);
    }
    return outcome;
}

// Asks for it without touching it: the limit counts what could be written to.
int exhaustMemory() {
    std::vector<void*> taken;
    int outcome = 0;
    while (outcome == 0 && taken.size() * kMemoryStep < kMemoryTriedMax) {
        void* const memory = ::mmap(nullptr, kMemoryStep, PROT_READ | PROT_WRITE,
                                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        outcome = memory == MAP_FAILED ? errno : 0;
        if (memory != MAP_FAILED) {
            taken.push_back(memory);
        }
    }
    for (void* const memory : taken) {
        (void)::munmap(memory, kMemoryStep);
    }
    return outcome;
}

// A thread that waits to be let go.
void* waitForGate(void* gate) {
    while (!static_cast<std::atomic<bool>*>(gate)->load()) {
        (void)::poll(nullptr, 0, 50);
    }
    return nullptr;
}

void* spin(void* until_ns) {
    const base::SystemClock clock;
    while (clock.monotonicNs() < *static_cast<int64_t*>(until_ns)) {
    }
    return nullptr;
}

int joinAll(const std::vector<pthread_t>& threads, int outcome) {
    for (const pthread_t thread : threads) {
        (void)::pthread_join(thread, nullptr);
    }
    return outcome;
}

int makeThreads(int count, void* (*body)(void*), void* argument, std::vector<pthread_t>& threads) {
    pthread_attr_t small;
    (void)::pthread_attr_init(&small);
    (void)::pthread_attr_setstacksize(&small, size_t{PTHREAD_STACK_MIN} + 4 * kPage);
    int outcome = 0;
    for (int i = 0; outcome == 0 && i < count; ++i) {
        pthread_t thread{};
        outcome = ::pthread_create(&thread, &small, body, argument);
        if (outcome == 0) {
            threads.push_back(thread);
        }
    }
    (void)::pthread_attr_destroy(&small);
    return outcome;
}

int exhaustThreads() {
    std::atomic<bool> gate = false;
    std::vector<pthread_t> threads;
    const int outcome = makeThreads(kThreadsTriedMax, waitForGate, &gate, threads);
    gate = true;
    return joinAll(threads, outcome);
}

int exhaustCpu() {
    int64_t until_ns = base::SystemClock().monotonicNs() + kBusyMs * base::kNsPerMs;
    std::vector<pthread_t> threads;
    constexpr int kSpinners = 4;
    return joinAll(threads, makeThreads(kSpinners, spin, &until_ns, threads));
}

}  // namespace

int makeAttempt(std::string_view name, const AttackTarget& target) {
    using Deed = int (*)(const AttackTarget&);
    constexpr auto kDeeds = std::to_array<std::pair<std::string_view, Deed>>({
        {"open-passwd", [](const AttackTarget&) { return openFile("/etc/passwd", O_RDONLY); }},
        {"open-secret", [](const AttackTarget& of) { return openFile(of.secret, O_RDONLY); }},
        {"open-memory",
         [](const AttackTarget& of) {
             return openFile("/proc/" + std::to_string(of.supervisor) + "/mem", O_RDONLY);
         }},
        {"read-store", [](const AttackTarget& of) { return openFile(of.database, O_RDONLY); }},
        {"write-store", [](const AttackTarget& of) { return openFile(of.database, O_RDWR); }},
        {"make-file",
         [](const AttackTarget& of) {
             return openFile(of.writable + "/attack", O_WRONLY | O_CREAT);
         }},
        {"exec", [](const AttackTarget&) { return runShell(); }},
        {"fork", [](const AttackTarget&) { return outcomeOf(::syscall(SYS_fork)); }},
        {"ptrace", [](const AttackTarget&
                          of) { return outcomeOf(::ptrace(PTRACE_ATTACH, of.sibling, 0, 0)); }},
        {"read-sibling", [](const AttackTarget& of) { return readSibling(of.sibling); }},
        {"kill-supervisor",
         [](const AttackTarget& of) { return outcomeOf(::kill(of.supervisor, SIGKILL)); }},
        {"kill-sibling",
         [](const AttackTarget&
                of) { return outcomeOf(::syscall(SYS_tgkill, of.sibling, of.sibling, SIGKILL)); }},
        {"inet-socket",
         [](const AttackTarget&) { return outcomeOf(::socket(AF_INET, SOCK_STREAM, 0)); }},
        {"connect-query", [](const AttackTarget& of) { return connectTo(of.query_socket); }},
        {"executable-memory", [](const AttackTarget&) { return makeExecutableMemory(); }},
        {"become-root", [](const AttackTarget&) { return outcomeOf(::syscall(SYS_setuid, 0)); }},
        {"new-namespace", [](const AttackTarget&) { return outcomeOf(::unshare(CLONE_NEWUSER)); }},
        {"fake-credentials", [](const AttackTarget&) { return fakeCredentials(); }},
        {"exhaust-descriptors", [](const AttackTarget&) { return exhaustDescriptors(); }},
        {"exhaust-memory", [](const AttackTarget&) { return exhaustMemory(); }},
        {"exhaust-threads", [](const AttackTarget&) { return exhaustThreads(); }},
        {"exhaust-cpu", [](const AttackTarget&) { return exhaustCpu(); }},
        {"send-junk", [](const AttackTarget&) { return sendJunk(); }},
    });
    const auto found = std::find_if(kDeeds.begin(), kDeeds.end(),
                                    [&](const auto& deed) { return deed.first == name; });
    return found == kDeeds.end() ? -1 : found->second(target);
}

}  // namespace evd::test
