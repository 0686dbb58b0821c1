#include "common/base/thread.h"

#include "common/base/exhaustion.h"
#include "common/base/result.h"
#include "common/base/text.h"

#include <utility>

namespace evd::base {

namespace {

constexpr size_t kThreadNameBytesMax = 15;  // the kernel's limit

}  // namespace

Thread::Thread(std::string name, std::function<void()> body, size_t stack_bytes)
    : name_(std::move(name)), body_(std::move(body)) {
    if (name_.size() > kThreadNameBytesMax) {
        name_.resize(kThreadNameBytesMax);
    }
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_bytes);
    const int failure = pthread_create(&handle_, &attributes, &Thread::run, this);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
        const auto error = failErrno(cat("cannot make the thread ", name_), failure);
        endExhausted(cat(error.text, ", ending"));
    }
}

Thread::~Thread() {
    join();
}

void Thread::join() {
    if (!joined_) {
        pthread_join(handle_, nullptr);
        joined_ = true;
    }
}

bool Thread::joinIfEnded() {
    joined_ = joined_ || pthread_tryjoin_np(handle_, nullptr) == 0;
    return joined_;
}

void* Thread::run(void* self) {
    auto* thread = static_cast<Thread*>(self);
    pthread_setname_np(pthread_self(), thread->name_.c_str());
    thread->body_();
    return nullptr;
}

}  // namespace evd::base
