#include "queryd/exec/index_right.h"

#include "common/base/text.h"
#include "common/db/sqlite.h"
#include "common/db/store_files.h"
#include "queryd/access/access_checker.h"

#include <span>
#include <utility>

namespace evd::queryd {

namespace {

constexpr const char* kReadDescriptor = "SELECT value FROM meta WHERE key = 'admin_sd'";

base::Error unreadable() {
    return base::fail(base::ErrorKind::Io,
                      "the descriptor that says who may have fields indexed (admin_sd of "
                      "eventd-meta.db) cannot be read");
}

base::Result<access::SecurityDescriptor> readDescriptor(const std::string& event_store_path) {
    const auto connection =
        db::Connection::openForReading(base::cat(event_store_path, '/', db::kMetaFileName));
    if (!connection.ok()) {
        return unreadable();
    }
    const auto statement = connection.value()->prepare(kReadDescriptor);
    if (!statement.ok()) {
        return unreadable();
    }
    const auto row = statement.value()->step();
    if (!row.ok() || !row.value()) {
        return unreadable();
    }
    auto descriptor = access::parseSecurityDescriptor(statement.value()->columnBlob(0));
    return descriptor.ok() ? std::move(descriptor) : unreadable();
}

}  // namespace

base::Result<void> mayIndex(const std::string& event_store_path, const AccessChecker& checker,
                            const Caller& caller) {
    auto descriptor = readDescriptor(event_store_path);
    if (!descriptor.ok()) {
        return descriptor.error();
    }
    access::ResolvedPattern pattern;
    pattern.answer = access::ResolvedPattern::Answer::Ask;
    pattern.pattern = db::kMetaFileName;  // what an audit trail shows
    pattern.descriptor = std::move(descriptor).value();
    // Its root alone: a rule for some field is none for the whole.
    const access::FieldTree tree(access::ObjectKind::Events, std::span<const base::Guid>());
    const auto verdict =
        checker.check(caller, {access::ObjectKind::Events, db::kMetaFileName, pattern, tree});
    return verdict.root ? base::Result<void>()
                        : base::fail(base::ErrorKind::Denied, "INDEX is for administrators");
}

}  // namespace evd::queryd
