#pragma once

#include "tests/campaign/findings.h"
#include "tests/campaign/meddling.h"
#include "tests/support/group.h"

#include <string>

namespace evd::test {

// The page of a Meddling and the environment that makes programs look at it.
//
// Lies in the group's state folder, and a copy of the library with it: the one place that every
// program may see before its jail is shut. Owns our own mapping of the page. When it cannot be made
// the test has no ground to stand on.
class MeddlingPage {
  public:
    explicit MeddlingPage(const StateFolder& state);
    ~MeddlingPage();
    MeddlingPage(const MeddlingPage&) = delete;
    MeddlingPage& operator=(const MeddlingPage&) = delete;

    Meddling& page() { return *page_; }
    // LD_PRELOAD and the page's name, added to what the group's programs inherit.
    void addTo(GroupOptions& options) const;
    // From now on files on the file system of that path are the stores'.
    void setDevice(size_t which, const std::string& path);
    // By the supervisor and that many children; a violation when it is not.
    void expectMapped(size_t children, Findings& findings) const;
    // What each kind of fault has hit so far.
    uint64_t hits(DiskFault fault) const { return page_->hits.at(static_cast<size_t>(fault)); }

  private:
    const std::string file_;
    const std::string library_;
    Meddling* page_ = nullptr;
};

const char* diskFaultName(DiskFault fault);

}  // namespace evd::test
