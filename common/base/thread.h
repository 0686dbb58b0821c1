#pragma once

#include <pthread.h>
#include <cstddef>
#include <functional>
#include <string>

namespace evd::base {

inline constexpr size_t kThreadStackBytes = 512 * 1024;

// A named thread, joined by its owner's destructor.
//
// Stacks are small (kThreadStackBytes) because the group is many threads in little memory. The body
// must return when its owner asks for it by whatever means they share; there is no cancel. Where a
// thread cannot be made the process ends (exhaustion.h): nothing works without it.
class Thread {
  public:
    // The kernel shows at most 15 bytes of the name.
    Thread(std::string name, std::function<void()> body, size_t stack_bytes = kThreadStackBytes);
    ~Thread();
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;

    void join();
    // The same without waiting. False while the thread has not ended.
    bool joinIfEnded();

  private:
    static void* run(void* self);

    std::string name_;
    std::function<void()> body_;
    pthread_t handle_{};
    bool joined_ = false;
};

}  // namespace evd::base
