#pragma once

#include <sys/types.h>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace evd::bench {

// Programs of others, which the bench compares with. They are Debian's: installed, or unpacked into
// `peers` beside the folder of our programs, where `./dev bench --peers` puts them.

// Where the program is. Nothing when it is nowhere, which is then said.
std::optional<std::string> findPeer(std::string_view name);

// The program as a word for a shell. What is unpacked finds its libraries beside it.
std::string peerCommand(const std::string& path);

// Whether the command of the shell succeeded.
bool runShell(const std::string& command);
// The quickest of several runs of a command that succeeds, in milliseconds; its start is in it.
double quickestShellMs(int runs, const std::string& command);

// A daemon of others that lives as long as this. It says nothing on our terminal.
class PeerProcess {
  public:
    explicit PeerProcess(const std::vector<std::string>& arguments);
    ~PeerProcess() { stop(); }
    PeerProcess(const PeerProcess&) = delete;
    PeerProcess& operator=(const PeerProcess&) = delete;

    // -1 when it could not be started, or has been stopped.
    pid_t pid() const { return pid_; }
    // Asks for its end, and waits for it.
    void stop();

  private:
    pid_t pid_ = -1;
};

}  // namespace evd::bench
