#pragma once

#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/thread.h"
#include "queryd/access/authority.h"
#include "queryd/transport/question.h"
#include "queryd/waiting_room.h"

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>

namespace evd::queryd {

// How long a listener that has run out of descriptors leaves newcomers in the kernel's queue.
inline constexpr int64_t kAcceptPauseMs = 100;

// Accepts on the query socket and reads the one request of every connection (Spec §8.8).
//
// One thread of its own with epoll looks after everything that is not yet a running question:
// nobody can hold more of the server than a place in the waiting room, and that only for a while.
// Sockets of running questions stay in the same epoll set, only to notice that the client has gone;
// a client that merely closed its sending side still gets its answer. Who finds no place is told
// why and closed at once; who is refused later stays, unread, until the client has closed or
// kLingerMs has passed, so that the reason reaches them. Made by the program, which owns it;
// authority, runner and clock outlive it. Errors of single connections end these and nothing else.
class Listener {
  public:
    static base::Result<std::unique_ptr<Listener>> start(base::Fd listening,
                                                         const Authority& authority,
                                                         QuestionRunner& runner,
                                                         const base::Clock& clock,
                                                         WaitingLimits limits);
    ~Listener();
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // Live setting MaxQueryMessageBytes; holds for the next connection.
    void setMessageBytesMax(uint64_t bytes) { message_bytes_max_ = bytes; }
    // Closes the listening socket and sends away who waits; running questions are not touched.
    void stopAccepting();

    uint64_t connectionsAccepted() const { return accepted_; }

  private:
    enum class Request { None, StopAccepting, End };

    Listener(base::Fd listening, base::Fd epoll, base::Fd wake, const Authority& authority,
             QuestionRunner& runner, const base::Clock& clock, WaitingLimits limits);
    void ask(Request request);
    bool obey();
    void loop();
    void handle(uint64_t id, uint32_t events);
    void acceptAll();
    void welcome(base::Fd connection);
    void read(uint64_t id);
    void begin(uint64_t id, std::span<const uint8_t> body);
    void sendAway(uint64_t id, const base::Error& why);
    void dropExpired();
    void forgetFinished();
    void pauseAccepting();
    void resumeAccepting();
    base::Result<void> watch(int operation, int fd, uint64_t id, uint32_t events);
    int waitMs() const;

    base::Fd listening_;
    base::Fd epoll_;
    base::Fd wake_;
    const Authority& authority_;
    QuestionRunner& runner_;
    const base::Clock& clock_;
    WaitingRoom room_;
    std::map<uint64_t, std::shared_ptr<QuestionControl>> running_;
    uint64_t next_id_ = 2;  // 0 is the listening socket, 1 the wake-up
    int64_t paused_until_ns_ = 0;
    std::atomic<uint64_t> message_bytes_max_;
    std::atomic<uint64_t> accepted_ = 0;
    std::atomic<Request> request_ = Request::None;
    std::unique_ptr<base::Thread> thread_;
};

}  // namespace evd::queryd
