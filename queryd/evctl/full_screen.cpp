#include "queryd/evctl/full_screen.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <array>
#include <string_view>

namespace evd::evctl {

namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l";
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";

void put(std::string_view text) {
    (void)!::write(STDOUT_FILENO, text.data(), text.size());  // the picture's write will tell
}

}  // namespace

FullScreen::FullScreen() {
    sigset_t wanted;
    (void)::sigemptyset(&wanted);
    for (const int number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGTSTP, SIGWINCH}) {
        (void)::sigaddset(&wanted, number);
    }
    (void)::sigprocmask(SIG_BLOCK, &wanted, &mask_before_);
    signals_.reset(::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
    has_typing_ = ::tcgetattr(STDIN_FILENO, &typing_before_) == 0;
    enter();
}

FullScreen::~FullScreen() {
    leave();
    (void)::sigprocmask(SIG_SETMASK, &mask_before_, nullptr);
}

void FullScreen::enter() {
    if (has_typing_) {
        termios typing = typing_before_;
        typing.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
        (void)::tcsetattr(STDIN_FILENO, TCSANOW, &typing);
    }
    put(kEnter);
}

void FullScreen::leave() {
    put(kLeave);
    if (has_typing_) {
        (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &typing_before_);
    }
}

FullScreen::Wake FullScreen::take(uint32_t signal) {
    if (signal == SIGTSTP) {
        leave();
        (void)::raise(SIGSTOP);  // until the shell lets us go on
        enter();
    }
    return signal == SIGTSTP || signal == SIGWINCH ? Wake::Size : Wake::End;
}

FullScreen::Wake FullScreen::wait(int milliseconds) {
    std::array<pollfd, 2> wanted = {
        {{signals_.get(), POLLIN, 0}, {has_typing_ ? STDIN_FILENO : -1, POLLIN, 0}}};
    if (::poll(wanted.data(), wanted.size(), milliseconds) <= 0) {
        return Wake::Time;
    }
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof(info)) == static_cast<ssize_t>(sizeof(info))) {
        return take(info.ssi_signo);
    }
    if (wanted[1].revents != 0) {
        char key = 0;
        const ssize_t got = ::read(STDIN_FILENO, &key, 1);
        has_typing_ = has_typing_ && got > 0;  // a terminal that is gone says so for ever
        return got <= 0 || key == 'q' || key == 'Q' ? Wake::End : Wake::Size;
    }
    return Wake::Time;
}

}  // namespace evd::evctl
