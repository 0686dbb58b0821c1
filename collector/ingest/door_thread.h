#pragma once

#include "collector/ingest/datagram_socket.h"
#include "collector/ingest/door.h"
#include "collector/ingest/sender_counts.h"
#include "common/base/clock.h"
#include "common/base/fd.h"
#include "common/base/thread.h"

#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace evd::collector {

// What a drain reads at most: everything that can wait in a socket, and not what a flood adds.
inline constexpr size_t kDrainReadsMax = 128;

// What a door has let in and what not, since the process began. Only good records are counted where
// people see it (Spec §4.2).
struct DoorFigures {
    uint64_t records = 0;
    SenderCounts senders;
    RejectCounts rejects;
};

// The thread that reads one socket, and does nothing that could make its senders wait (Spec §4.2):
// it parses, adds to a window that never waits, and reads again.
//
// Made by the service, which joins it by destroying it; owns socket and door, the clock outlives
// it. After requestDrain it reads what is in the socket at that moment, has the door finish, and
// ends; requestStop ends it without. `on_finished` is called at its very end, on the thread.
class DoorThread {
  public:
    static base::Result<std::unique_ptr<DoorThread>> start(std::string name,
                                                           std::unique_ptr<DatagramSocket> socket,
                                                           std::unique_ptr<Door> door,
                                                           const base::Clock& clock,
                                                           std::function<void()> on_finished);
    ~DoorThread();
    DoorThread(const DoorThread&) = delete;
    DoorThread& operator=(const DoorThread&) = delete;

    void requestDrain();
    void requestStop();
    bool finished() const { return finished_; }

    const std::string& name() const { return name_; }
    DoorFigures figures() const;

  private:
    DoorThread(std::string name, std::unique_ptr<DatagramSocket> socket, std::unique_ptr<Door> door,
               const base::Clock& clock, base::Fd wake, std::function<void()> on_finished);
    void run();
    bool readOnce();
    void takeAll(std::span<const Datagram> datagrams);
    void wait();
    void wake();

    const std::string name_;
    const std::unique_ptr<DatagramSocket> socket_;
    const std::unique_ptr<Door> door_;
    const base::Clock& clock_;
    const base::Fd wake_;  // an eventfd; readable from the first request on
    const std::function<void()> on_finished_;
    DoorFigures current_;  // of the thread
    size_t drain_reads_ = 0;
    bool has_failed_ = false;

    std::atomic<bool> drain_requested_ = false;
    std::atomic<bool> stop_requested_ = false;
    std::atomic<bool> finished_ = false;
    mutable std::mutex figures_mutex_;
    DoorFigures figures_;  // for everybody

    base::Thread thread_;  // last: begins when everything above is there
};

}  // namespace evd::collector
