#include "queryd/evctl/import_command.h"

#include "common/base/fd.h"
#include "common/base/text.h"
#include "queryd/evctl/import/import_format.h"
#include "queryd/evctl/import_delivery.h"
#include "queryd/evctl/output/plain_text.h"
#include "queryd/evctl/progress.h"
#include "queryd/evctl/terminal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>

namespace evd::evctl {

namespace {

using base::cat;

constexpr size_t kReadBytes = 128 * 1024;
constexpr std::string_view kGzipMark = "\x1f\x8b";

void tell(const std::string& text) {
    (void)!::write(STDERR_FILENO, text.data(), text.size());  // whoever closed it wants no report
}

// For finding out what a file holds.
class NoSink final : public ImportSink {
  public:
    base::Result<void> log(const wire::LogRecord&) override { return {}; }
    base::Result<void> metric(const wire::MetricRecord&) override { return {}; }
    base::Result<void> event(std::string_view, std::span<const uint8_t>, uint64_t) override {
        return {};
    }
};

// The bytes of the input, with its beginning looked at before it is read.
class ImportInput {
  public:
    ImportInput(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

    base::Result<void> readBeginning() {
        while (beginning_.size() < kGuessBytesMax) {
            const auto piece = read(kGuessBytesMax - beginning_.size());
            if (!piece.ok()) {
                return piece.error();
            }
            if (piece.value().empty()) {
                break;
            }
            beginning_ += piece.value();
        }
        behind_beginning_ = ::lseek(fd_, 0, SEEK_CUR);
        return {};
    }
    const std::string& beginning() const { return beginning_; }

    template <typename Take>
    base::Result<void> readAll(const Take& take) {
        EVD_TRY(take(beginning_));
        while (true) {
            const auto piece = read(kReadBytes);
            if (!piece.ok()) {
                return piece.error();
            }
            if (piece.value().empty()) {
                return {};
            }
            EVD_TRY(take(piece.value()));
        }
    }
    // Back to where it was behind the beginning; false for what flows by once only.
    bool rewind() {
        return behind_beginning_ >= 0 && ::lseek(fd_, behind_beginning_, SEEK_SET) >= 0;
    }

  private:
    base::Result<std::string_view> read(size_t bytes) {
        buffer_.resize(bytes);
        while (true) {
            const ssize_t got = ::read(fd_, buffer_.data(), bytes);
            if (got >= 0) {
                return std::string_view(buffer_).substr(0, static_cast<size_t>(got));
            }
            if (errno != EINTR) {
                return base::failErrno(cat("cannot read ", name_), errno);
            }
        }
    }

    int fd_;
    std::string name_;
    std::string beginning_;
    off_t behind_beginning_ = -1;  // the input's own place, which need not have begun at 0
    std::string buffer_;
};

class Import {
  public:
    Import(const SessionContext& context, int input, uint64_t total)
        : context_(context),
          arguments_(context.arguments),
          name_(arguments_.words.front() == "-" ? "standard input" : arguments_.words.front()),
          input_(input, name_),
          total_(total),
          times_{context.clock.wallNs(), arguments_.utc} {}

    base::Result<int> run() {
        EVD_TRY(input_.readBeginning());
        if (input_.beginning().empty()) {
            complain(cat(name_, " is empty"));
            return kExitSuccess;
        }
        const auto format = chooseFormat();
        if (!format) {
            return kExitUsage;
        }
        if (arguments_.dry_run || arguments_.strict) {
            NoSink nothing;
            EVD_TRY(parse(*format, nothing, "reading"));
            const bool is_good = report_.understoodCount() > 0 &&
                                 (!arguments_.strict || report_.notUnderstoodCount() == 0);
            if (arguments_.dry_run || !is_good) {
                tellReport(*format);
                complain("nothing was sent");
                return is_good ? kExitSuccess : kExitFailure;
            }
            if (!input_.rewind()) {
                complain("--strict reads twice, which needs a file");
                return kExitUsage;
            }
            report_ = {};
        }
        return deliver(*format);
    }

  private:
    std::optional<ImportFormat> chooseFormat() const {
        if (!arguments_.from.empty()) {
            return importFormatOf(arguments_.from);
        }
        const auto format = guessImportFormat(input_.beginning(), times_);
        if (format) {
            complain(cat(name_, " looks like ", importFormatName(*format)));
        } else if (input_.beginning().starts_with(kGzipMark)) {
            complain(cat(name_, " is compressed; zcat it and import -"));
        } else {
            complain(cat("cannot tell what ", name_,
                         " is; name it: --from journald, syslog, auditd or openmetrics"));
        }
        return format;
    }

    base::Result<void> parse(ImportFormat format, ImportSink& sink, std::string_view doing) {
        const auto parser = makeImportParser(format, times_, report_, sink);
        Progress progress(doing, ProgressUnit::Bytes, total_);
        EVD_TRY(input_.readAll([&](std::string_view bytes) {
            progress.add(bytes.size());
            return parser->feed(bytes);
        }));
        return parser->finish();
    }

    base::Result<int> deliver(ImportFormat format) {
        ImportDelivery delivery(context_, report_);
        const auto parsed = parse(format, delivery, "importing");
        const auto finished = parsed.ok() ? delivery.finish() : parsed;
        tellReport(format);
        tell(delivery.outcome());
        EVD_TRY(finished);
        const bool is_good = report_.understoodCount() > 0 && !delivery.lostAny();
        return is_good ? kExitSuccess : kExitFailure;
    }

    void tellReport(ImportFormat format) const {
        tell(report_.text(printable));
        if (report_.understoodCount() == 0) {
            complain(cat("nothing in ", name_, " was understood as ", importFormatName(format)));
        }
    }

    const SessionContext& context_;
    const Arguments& arguments_;
    std::string name_;
    ImportInput input_;
    uint64_t total_;
    ImportTimes times_;
    ImportReport report_;
};

}  // namespace

base::Result<int> importFrom(const SessionContext& context, int input, uint64_t total) {
    return Import(context, input, total).run();
}

base::Result<int> runImport(const SessionContext& context) {
    const std::string& path = context.arguments.words.front();
    if (path == "-") {
        return importFrom(context, STDIN_FILENO, standardInputBytes());
    }
    const base::Fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.valid()) {
        return base::failErrno(cat("cannot open ", path), errno);
    }
    struct stat facts {};
    const bool has_size = ::fstat(file.get(), &facts) == 0 && S_ISREG(facts.st_mode);
    return importFrom(context, file.get(), has_size ? static_cast<uint64_t>(facts.st_size) : 0);
}

}  // namespace evd::evctl
