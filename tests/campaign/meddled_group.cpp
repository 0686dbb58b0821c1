#include "tests/campaign/meddled_group.h"

#include "common/base/check.h"
#include "common/base/fd.h"
#include "common/base/text.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <filesystem>

namespace evd::test {

MeddlingPage::MeddlingPage(const StateFolder& state)
    : file_(state.below("meddling")), library_(state.below("meddler.so")) {
    std::filesystem::copy_file(EVD_MEDDLER, library_);
    const base::Fd file(::open(file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    // The programs may run as users of their own.
    const bool made = file.valid() && ::fchmod(file.get(), 0666) == 0 &&
                      ::ftruncate(file.get(), sizeof(Meddling)) == 0;
    EVD_CHECK(made, "the page that campaigns meddle by could not be made");
    void* page =
        ::mmap(nullptr, sizeof(Meddling), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    EVD_CHECK(page != MAP_FAILED, "the page that campaigns meddle by could not be mapped");
    page_ = static_cast<Meddling*>(page);
}

MeddlingPage::~MeddlingPage() {
    ::munmap(page_, sizeof(Meddling));
}

void MeddlingPage::addTo(GroupOptions& options) const {
    options.environment.push_back(base::cat("LD_PRELOAD=", library_));
    options.environment.push_back(base::cat(kMeddlingVariable, "=", file_));
}

void MeddlingPage::setDevice(size_t which, const std::string& path) {
    struct stat found {};
    EVD_CHECK(::stat(path.c_str(), &found) == 0, "the stores' folder is not there");
    page_->devices.at(which) = found.st_dev;
}

void MeddlingPage::expectMapped(size_t children, Findings& findings) const {
    findings.expect(page_->programs > children, "programs let themselves be meddled with",
                    base::cat("only ", page_->programs.load(), " programs have mapped the page"));
}

const char* diskFaultName(DiskFault fault) {
    switch (fault) {
        case DiskFault::None:
            return "none";
        case DiskFault::WriteError:
            return "EIO when writing";
        case DiskFault::DiskFull:
            return "ENOSPC";
        case DiskFault::ShortWrite:
            return "short write";
        case DiskFault::ReadOnly:
            return "EROFS";
        case DiskFault::SyncError:
            return "failed fsync";
        case DiskFault::ReadError:
            return "EIO when reading";
    }
    return "";
}

}  // namespace evd::test
