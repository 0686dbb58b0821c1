#include "queryd/client/eventd/loop_service.h"

#include <capnp/rpc-twoparty.h>
#include <fcntl.h>
#include <kj/async-io.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>

namespace eventd {

namespace {

// A message of the server has 64 MiB at most; what is read of it is read at most this many times.
constexpr uint64_t kMessageWordsMax = (uint64_t{64} << 20) / sizeof(capnp::word);
constexpr uint64_t kReadingsMax = 4;
// A value takes three steps down for each level of nesting.
constexpr int kNestingMax = 256;
constexpr size_t kWakeBytes = 64;  // that are read at once; any number of them means the same
constexpr auto kMadeCloexec = kj::LowLevelAsyncIoProvider::ALREADY_CLOEXEC;

capnp::ReaderOptions readerOptions() {
    capnp::ReaderOptions options;
    options.traversalLimitInWords = kMessageWordsMax * kReadingsMax;
    options.nestingLimit = kNestingMax;
    return options;
}

[[noreturn]] void failConnect(const std::string& path, int error_number) {
    const bool is_denied = error_number == EACCES || error_number == EPERM;
    const bool is_absent = error_number == ENOENT || error_number == ECONNREFUSED;
    throw Error(is_denied   ? ErrorKind::Denied
                : is_absent ? ErrorKind::NotFound
                            : ErrorKind::Failed,
                "cannot connect to " + path + ": " + std::generic_category().message(error_number));
}

// Signals are the program's: while this lives, a thread that is made takes none of them.
class SignalsBlocked {
  public:
    SignalsBlocked() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

  private:
    sigset_t before_{};
};

}  // namespace

kj::AutoCloseFd connectTo(const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path) {
        failConnect(socket_path, ENAMETOOLONG);
    }
    std::copy(socket_path.begin(), socket_path.end(), address.sun_path);
    kj::AutoCloseFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (socket.get() < 0) {
        failConnect(socket_path, errno);
    }
    if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        failConnect(socket_path, errno);
    }
    return socket;
}

struct Loop::Parts {
    using Side = capnp::rpc::twoparty::Side;

    Parts(kj::AutoCloseFd socket, kj::AutoCloseFd wake_reader)
        : io(kj::setupAsyncIo()),
          wake(io.lowLevelProvider->wrapInputFd(kj::mv(wake_reader), kMadeCloexec)),
          stream(io.lowLevelProvider->wrapSocketFd(kj::mv(socket), kMadeCloexec)),
          network(*stream, Side::CLIENT, readerOptions()),
          rpc(capnp::makeRpcClient(network)),
          lost(network.onDisconnect().fork()) {
        capnp::MallocMessageBuilder message;
        auto server = message.getRoot<capnp::rpc::twoparty::VatId>();
        server.setSide(Side::SERVER);
        session = rpc.bootstrap(server).castAs<evd::schema::Session>();
    }

    kj::AsyncIoContext io;
    kj::Own<kj::AsyncInputStream> wake;
    std::array<char, kWakeBytes> woken{};
    kj::Own<kj::AsyncIoStream> stream;
    capnp::TwoPartyVatNetwork network;
    capnp::RpcSystem<capnp::rpc::twoparty::VatId> rpc;
    kj::ForkedPromise<void> lost;
    evd::schema::Session::Client session = nullptr;
    kj::Own<kj::PromiseFulfiller<void>> stop;
};

Loop::Loop(kj::AutoCloseFd socket) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
        throw Error(ErrorKind::Failed, "no pipe: " + std::generic_category().message(errno));
    }
    kj::AutoCloseFd reader(ends[0]);
    waker_ = kj::AutoCloseFd(ends[1]);
    Outcome<void> started;
    try {
        const SignalsBlocked blocked;
        // By reference: once it has started it has taken them.
        thread_ = std::jthread(
            [this, &socket, &reader, &started] { serve(kj::mv(socket), kj::mv(reader), started); });
    } catch (const std::system_error& error) {
        throw Error(ErrorKind::Busy, "no thread: " + error.code().message());
    }
    started.wait();
}

Loop::~Loop() {
    post([this] { parts_->stop->fulfill(); });
    thread_.join();
}

void Loop::post(Task task) {
    {
        const std::lock_guard lock(mutex_);
        tasks_.push_back(std::move(task));
    }
    // A pipe that is full wakes as well.
    while (::write(waker_.get(), "", 1) < 0 && errno == EINTR) {
    }
}

kj::Promise<void> Loop::runTasks() {
    return parts_->wake->tryRead(parts_->woken.data(), 1, parts_->woken.size())
        .then([this](size_t) {
            std::vector<Task> tasks;
            {
                const std::lock_guard lock(mutex_);
                tasks.swap(tasks_);
            }
            for (const Task& task : tasks) {
                task();
            }
            return runTasks();
        });
}

void Loop::serve(kj::AutoCloseFd socket, kj::AutoCloseFd wake_reader, Outcome<void>& started) {
    bool has_started = false;
    try {
        Parts parts(kj::mv(socket), kj::mv(wake_reader));
        auto stopped = kj::newPromiseAndFulfiller<void>();
        parts.stop = kj::mv(stopped.fulfiller);
        parts_ = &parts;
        has_started = true;
        started.succeed();
        runTasks().exclusiveJoin(kj::mv(stopped.promise)).wait(parts.io.waitScope);
    } catch (const kj::Exception& exception) {
        if (!has_started) {
            started.fail(toError(exception));
        }
    }
}

evd::schema::Session::Client Loop::session() {
    return parts_->session;
}

kj::Promise<void> Loop::whenLost() {
    return parts_->lost.addBranch();
}

kj::Timer& Loop::timer() {
    return parts_->io.provider->getTimer();
}

}  // namespace eventd
