#include "store/put_aside.h"

#include "common/base/log.h"
#include "common/base/text.h"
#include "common/db/log_index.h"
#include "store/database_files.h"

namespace evd::store {

void PutAside::set(std::string path) {
    path_ = std::move(path);
    attempts_left_ = kAttemptsMax;
}

base::Result<void> PutAside::ask(const Read& read) {
    if (path_.empty()) {
        return {};
    }
    const auto opened = db::openSettled(path_);
    const auto asked = opened ? read(*opened.value()) : base::Result<void>(opened.error());
    if (!asked && mayPass(asked.error().kind) && --attempts_left_ > 0) {
        return base::fail(base::ErrorKind::Io, base::cat(path_, ": ", asked.error().text));
    }
    if (!asked) {
        base::logWarning(
            base::cat(path_, ": ", asked.error().text, ", going on without what it holds"));
    }
    path_.clear();
    return {};
}

}  // namespace evd::store
