#include "common/bus/bus.h"

#include "common/base/check.h"
#include "common/base/exhaustion.h"
#include "common/base/text.h"
#include "common/base/thread.h"

#include <pthread.h>
#include <zmq.h>
#include <latch>

namespace evd::bus {

namespace {

constexpr int kReconnectMs = 20;
constexpr int kReconnectMsMax = 500;
constexpr int64_t kMessageBytesMax = 64 * 1024;  // a longer one ends the teller's connection

base::Error zmqError(std::string_view what) {
    return base::fail(base::ErrorKind::Io, base::cat(what, ": ", zmq_strerror(zmq_errno())));
}

size_t defaultStackBytes() {
    pthread_attr_t attributes;
    size_t bytes = 0;
    EVD_CHECK(::pthread_getattr_default_np(&attributes) == 0 &&
                  ::pthread_attr_getstacksize(&attributes, &bytes) == 0,
              "threads have a usual stack");
    ::pthread_attr_destroy(&attributes);
    return bytes;
}

// ZeroMQ aborts the process where it can make no thread. As many as it is about to make, and as
// large, are made first, which ends in order where it fails; what their stacks took is kept by the
// C library for the next.
void makeRoomForThreads() {
    const size_t stack_bytes = defaultStackBytes();
    std::latch both_are_made(2);
    const auto wait = [&] { both_are_made.arrive_and_wait(); };
    const base::Thread reaper("bus-reaper", wait, stack_bytes);
    const base::Thread io("bus-io", wait, stack_bytes);
}

// A context with one socket; the context's threads end with it.
class Socket {
  public:
    explicit Socket(int type) {
        makeRoomForThreads();
        context_ = zmq_ctx_new();
        if (context_ == nullptr) {
            base::endOutOfMemory();
        }
        zmq_ctx_set(context_, ZMQ_IO_THREADS, 1);
        zmq_ctx_set(context_, ZMQ_MAX_SOCKETS, 4);
        socket_ = zmq_socket(context_, type);
        if (socket_ == nullptr) {
            base::endExhausted(base::cat(zmqError("cannot make a bus").text, ", ending"));
        }
        set(ZMQ_LINGER, 0);
    }
    ~Socket() {
        zmq_close(socket_);
        zmq_ctx_term(context_);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    void set(int option, int value) {
        EVD_CHECK(zmq_setsockopt(socket_, option, &value, sizeof(value)) == 0,
                  "a ZeroMQ option was refused");
    }
    void* get() { return socket_; }

  private:
    void* context_ = nullptr;
    void* socket_ = nullptr;
};

class ZmqPublisher final : public Publisher {
  public:
    ZmqPublisher() : socket_(ZMQ_PUB) {
        socket_.set(ZMQ_SNDHWM, kBusMessagesHeldMax);
        socket_.set(ZMQ_RECONNECT_IVL, kReconnectMs);
        socket_.set(ZMQ_RECONNECT_IVL_MAX, kReconnectMsMax);
    }

    base::Result<void> connect(const std::string& socket_path) {
        if (zmq_connect(socket_.get(), ("ipc://" + socket_path).c_str()) != 0) {
            return zmqError(base::cat("connect to ", socket_path));
        }
        return {};
    }

    void publish(std::string_view topic, std::span<const uint8_t> message) override {
        // A refused part is a lost message, which listeners make good by reading (class comment of
        // the header). When the topic was refused, the message alone would be mistaken for one.
        if (zmq_send(socket_.get(), topic.data(), topic.size(), ZMQ_SNDMORE | ZMQ_DONTWAIT) >= 0) {
            (void)zmq_send(socket_.get(), message.data(), message.size(), ZMQ_DONTWAIT);
        }
    }

  private:
    Socket socket_;
};

class ZmqSubscriber final : public Subscriber {
  public:
    ZmqSubscriber() : socket_(ZMQ_SUB) {
        socket_.set(ZMQ_RCVHWM, kBusMessagesHeldMax);
        const int64_t bytes_max = kMessageBytesMax;
        EVD_CHECK(zmq_setsockopt(socket_.get(), ZMQ_MAXMSGSIZE, &bytes_max, sizeof(bytes_max)) == 0,
                  "a ZeroMQ option was refused");
    }

    base::Result<void> listen(base::Fd listening, const std::string& socket_path,
                              std::string_view topic) {
        if (zmq_setsockopt(socket_.get(), ZMQ_SUBSCRIBE, topic.data(), topic.size()) != 0) {
            return zmqError("subscribe");
        }
        socket_.set(ZMQ_USE_FD, listening.get());
        if (zmq_bind(socket_.get(), ("ipc://" + socket_path).c_str()) != 0) {
            return zmqError(base::cat("listen on ", socket_path));
        }
        // ZeroMQ owns the descriptor from here on and closes it with the socket.
        (void)listening.release();
        return {};
    }

    std::optional<std::vector<uint8_t>> receive(std::chrono::milliseconds timeout) override {
        socket_.set(ZMQ_RCVTIMEO, static_cast<int>(timeout.count()));
        // Exactly two frames, topic and message; the rest of anything else is passed over.
        std::vector<uint8_t> message;
        int frames = 0;
        bool more = true;
        while (more) {
            zmq_msg_t part;
            zmq_msg_init(&part);
            if (zmq_msg_recv(&part, socket_.get(), 0) < 0) {
                zmq_msg_close(&part);
                return std::nullopt;
            }
            ++frames;
            more = zmq_msg_more(&part) != 0;
            if (frames == 2) {
                const auto* bytes = static_cast<const uint8_t*>(zmq_msg_data(&part));
                message.assign(bytes, bytes + zmq_msg_size(&part));
            }
            zmq_msg_close(&part);
        }
        return frames == 2 ? std::optional(std::move(message)) : std::nullopt;
    }

  private:
    Socket socket_;
};

}  // namespace

base::Result<std::unique_ptr<Publisher>> Publisher::connect(const std::string& socket_path) {
    auto publisher = std::make_unique<ZmqPublisher>();
    EVD_TRY(publisher->connect(socket_path));
    return std::unique_ptr<Publisher>(std::move(publisher));
}

base::Result<std::unique_ptr<Subscriber>> Subscriber::listen(base::Fd listening,
                                                             const std::string& socket_path,
                                                             std::string_view topic) {
    auto subscriber = std::make_unique<ZmqSubscriber>();
    EVD_TRY(subscriber->listen(std::move(listening), socket_path, topic));
    return std::unique_ptr<Subscriber>(std::move(subscriber));
}

}  // namespace evd::bus
