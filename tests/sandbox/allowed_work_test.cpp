#include "common/base/clock.h"
#include "common/base/socket.h"
#include "common/base/text.h"
#include "common/base/thread.h"
#include "common/bus/bus.h"
#include "common/db/sqlite.h"
#include "tests/sandbox/jail.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/wait_until.h"

#include <capnp/rpc-twoparty.h>
#include <capnp/supervise.capnp.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

namespace base = evd::base;
namespace bus = evd::bus;
namespace db = evd::db;
namespace sandbox = evd::sandbox;
namespace schema = evd::schema;
namespace test = evd::test;
using sandbox::PathAccess;
using sandbox::Role;

namespace {

// Threads that allocate, grow, shrink and free in heaps of their own.
bool threadsAndMemory() {
    std::atomic<int> done = 0;
    {
        std::vector<std::unique_ptr<base::Thread>> threads;
        for (int i = 0; i < 4; ++i) {
            threads.push_back(std::make_unique<base::Thread>("worker", [&done] {
                for (size_t bytes = 16; bytes < (8U << 20); bytes *= 2) {
                    std::vector<std::vector<char>> blocks;
                    for (int n = 0; n < 4; ++n) {
                        blocks.emplace_back(bytes, 'x');
                    }
                    blocks.front().resize(bytes * 3);
                }
                ++done;
            }));
        }
    }
    return done == 4;
}

class EchoChild final : public schema::Child::Server {
  public:
    kj::Promise<void> drain(DrainContext) override { return kj::READY_NOW; }
};

bool waitsAndTime() {
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable never;
    return never.wait_for(lock, std::chrono::milliseconds(1)) == std::cv_status::timeout &&
           ::poll(nullptr, 0, 1) == 0 && base::SystemClock().monotonicNs() > 0;
}

bool writeSome(const std::string& path) {
    if (!db::Connection::createForWriting(path, 16384).ok()) {
        return false;
    }
    auto opened = db::Connection::openForWriting(path);
    if (!opened.ok()) {
        return false;
    }
    auto& connection = *opened.value();
    return connection.execute("CREATE TABLE IF NOT EXISTS t(a INTEGER, b BLOB)").ok() &&
           connection.execute("BEGIN; INSERT INTO t VALUES(1, zeroblob(100000)); COMMIT").ok() &&
           connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").ok() &&
           connection.execute("INSERT INTO t VALUES(2, zeroblob(10))").ok();
}

bool readSome(const std::string& path) {
    auto opened = db::Connection::openForReading(path);
    if (!opened.ok()) {
        return false;
    }
    auto statement = opened.value()->prepare("SELECT count(*), max(length(b)) FROM t ORDER BY a");
    if (!statement.ok()) {
        return false;
    }
    const auto row = statement.value()->step();
    return row.ok() && row.value() && statement.value()->columnInteger(0) >= 2;
}

}  // namespace

TEST_CASE("allowed work: every role makes threads and uses memory") {
    for (const Role role : test::kRoles) {
        CAPTURE(static_cast<int>(role));
        CHECK(test::runJailed(role, threadsAndMemory).exit_code == test::kJailDone);
    }
}

TEST_CASE("allowed work: every role keeps time") {
    for (const Role role : test::kRoles) {
        CAPTURE(static_cast<int>(role));
        CHECK(test::runJailed(role, waitsAndTime).exit_code == test::kJailDone);
    }
}

TEST_CASE("allowed work: every role passes packets and descriptors over inherited sockets") {
    for (const Role role : test::kRoles) {
        CAPTURE(static_cast<int>(role));
        auto pair = base::makeSocketPair(SOCK_SEQPACKET);
        REQUIRE(pair.ok());
        CHECK(test::runJailed(role, [&] {
                  const int fds[] = {STDERR_FILENO};
                  uint8_t buffer[8];
                  return base::sendPacket(pair.value().left.get(), base::asBytes("hi"), fds).ok() &&
                         base::receivePacket(pair.value().right.get(), buffer).ok();
              }).exit_code == test::kJailDone);
    }
}

TEST_CASE("allowed work: the event loop and calls of every role") {
    // The event loop is made before confinement in a program; a test makes it in the child.
    for (const Role role : test::kRoles) {
        CAPTURE(static_cast<int>(role));
        const pid_t child = ::fork();
        if (child == 0) {
            auto io = kj::setupAsyncIo();
            auto ends = io.provider->newCapabilityPipe();
            capnp::TwoPartyClient server(*ends.ends[0], 4, kj::heap<EchoChild>(),
                                         capnp::rpc::twoparty::Side::SERVER);
            capnp::TwoPartyClient client(*ends.ends[1], 4);
            auto remote = client.bootstrap().castAs<schema::Child>();
            sandbox::Confinement confinement;
            confinement.role = role;
            if (!sandbox::confine(confinement).ok()) {
                ::_exit(test::kJailNotConfined);
            }
            remote.drainRequest().send().wait(io.waitScope);
            // Not implemented by the server: the exception travels, with its stack trace.
            const auto failure = kj::runCatchingExceptions(
                [&] { remote.heartbeatRequest().send().wait(io.waitScope); });
            ::_exit(failure != nullptr ? test::kJailDone : test::kJailFailed);
        }
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
}

TEST_CASE("allowed work: ingest reads datagrams with their senders, and gives large memory back") {
    auto pair = base::makeSocketPair(SOCK_DGRAM);
    REQUIRE(pair.ok());
    const int yes = 1;
    REQUIRE(::setsockopt(pair.value().right.get(), SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) ==
            0);
    REQUIRE(base::sendPacket(pair.value().left.get(), base::asBytes("hi")).ok());
    CHECK(test::runJailed(Role::Ingest, [&] {
              void* const memory = ::mmap(nullptr, 1 << 20, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
              iovec part{memory, 1 << 20};
              alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
              mmsghdr message{};
              message.msg_hdr.msg_iov = &part;
              message.msg_hdr.msg_iovlen = 1;
              message.msg_hdr.msg_control = control;
              message.msg_hdr.msg_controllen = sizeof(control);
              return ::recvmmsg(pair.value().right.get(), &message, 1, MSG_DONTWAIT, nullptr) ==
                         1 &&
                     message.msg_len == 2 && CMSG_FIRSTHDR(&message.msg_hdr) != nullptr &&
                     ::madvise(memory, 1 << 20, MADV_DONTNEED) == 0;
          }).exit_code == test::kJailDone);
}

TEST_CASE("allowed work: the store writes its databases") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "a.db";
    CHECK(test::runJailed(test::jail(Role::Store, folder.path(), PathAccess::ReadWrite), [&] {
              return writeSome(path) && readSome(path);
          }).exit_code == test::kJailDone);
}

TEST_CASE("allowed work: queryd reads databases that a writer holds open") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "a.db";
    REQUIRE(writeSome(path));
    auto writer = db::Connection::openForWriting(path);
    REQUIRE(writer.ok());
    REQUIRE(writer.value()->execute("INSERT INTO t VALUES(3, NULL)").ok());
    CHECK(test::runJailed(test::jail(Role::Queryd, folder.path(), PathAccess::Read), [&] {
              return readSome(path);
          }).exit_code == test::kJailDone);
}

TEST_CASE("allowed work: notices go from the store to queryd, whoever comes first") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "notices.sock";
    auto listening = base::listenUnix(path, SOCK_STREAM, 0600, 8);
    REQUIRE(listening.ok());
    auto until = base::makeSocketPair(SOCK_STREAM);  // it tells until ours is closed
    REQUIRE(until.ok());
    const pid_t teller = ::fork();
    if (teller == 0) {
        until.value().left.reset();
        sandbox::Confinement confinement;
        confinement.role = Role::Store;
        if (!sandbox::confine(confinement).ok()) {
            ::_exit(test::kJailNotConfined);
        }
        auto publisher = bus::Publisher::connect(path);
        pollfd ended{until.value().right.get(), POLLIN, 0};
        while (publisher.ok() && ::poll(&ended, 1, 1) == 0) {
            publisher.value()->publish("t", base::asBytes("news"));
        }
        ::_exit(publisher.ok() ? test::kJailDone : test::kJailFailed);
    }
    const auto heard = test::runJailed(Role::Queryd, [&] {
        auto subscriber = bus::Subscriber::listen(std::move(listening).value(), path, "t");
        return subscriber.ok() && subscriber.value()
                                      ->receive(std::chrono::milliseconds(test::kPatienceMs))
                                      .has_value();
    });
    until.value().left.reset();
    CHECK(heard.exit_code == test::kJailDone);
    int status = 0;
    REQUIRE(::waitpid(teller, &status, 0) == teller);
    CHECK(status == 0);
}

TEST_CASE("allowed work: reading roles list folders") {
    const test::TemporaryDirectory folder;
    std::filesystem::create_directory(folder / "one");
    for (const Role role : {Role::Sensor, Role::Queryd, Role::Store}) {
        CAPTURE(static_cast<int>(role));
        CHECK(test::runJailed(test::jail(role, folder.path(), PathAccess::Read), [&] {
                  const auto first = std::filesystem::directory_iterator(folder.path());
                  return first != std::filesystem::directory_iterator() && first->is_directory() &&
                         first->path().filename() == "one";
              }).exit_code == test::kJailDone);
    }
}

TEST_CASE("allowed work: the sensor measures the machine and notes where it was in a file") {
    const test::TemporaryDirectory folder;
    const std::string path = folder / "position";
    const base::Fd file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    REQUIRE(file.valid());
    sandbox::Confinement confinement;
    confinement.role = Role::Sensor;
    confinement.sees_other_processes = true;
    CHECK(test::runJailed(confinement, [&] {
              struct statvfs found {};
              char bytes[64];
              const base::Fd stat(::open("/proc/stat", O_RDONLY | O_CLOEXEC));
              return ::statvfs("/", &found) == 0 && found.f_blocks > 0 &&
                     ::read(stat.get(), bytes, sizeof(bytes)) > 0 &&
                     ::lseek(file.get(), 0, SEEK_SET) == 0 && ::write(file.get(), "17", 2) == 2 &&
                     ::lseek(file.get(), 0, SEEK_SET) == 0 && ::read(file.get(), bytes, 2) == 2;
          }).exit_code == test::kJailDone);
}

TEST_CASE("allowed work: kmesd makes rings and hands them out for reading only") {
    const auto work = [] {
        const base::Fd memory(::memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING));
        if (::ftruncate(memory.get(), 8192) != 0 ||
            ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
            return false;
        }
        const std::string name = base::cat("/proc/self/fd/", memory.get());
        const base::Fd reader(::open(name.c_str(), O_RDONLY | O_CLOEXEC));
        return reader.valid() &&
               ::mmap(nullptr, 8192, PROT_READ, MAP_SHARED, reader.get(), 0) != MAP_FAILED &&
               ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, reader.get(), 0) ==
                   MAP_FAILED &&
               ::mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0) !=
                   MAP_FAILED;
    };
    CHECK(test::runJailed(Role::Kmesd, work).exit_code == test::kJailDone);
}
