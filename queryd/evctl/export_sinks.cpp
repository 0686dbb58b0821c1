#include "queryd/evctl/export_sinks.h"

#include "common/wire/msgpack.h"
#include "queryd/evctl/export_file.h"
#include "queryd/evctl/spool.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <cerrno>
#include <functional>

namespace evd::evctl {

namespace {

constexpr size_t kForgetBytes = size_t{4} << 20;  // a multiple of any page

using RecordVisitor = std::function<base::Result<void>(std::span<const uint8_t> record)>;

class PrintingSink final : public PageSink {
  public:
    PrintingSink(RecordPrinter& printer, OutputStream& stream)
        : printer_(printer), stream_(stream) {}

    base::Result<void> record(std::span<const uint8_t> record) override {
        printer_.record(record, stream_.buffer());
        return stream_.drain();
    }
    base::Result<void> pageDone() override {
        printer_.finish(stream_.buffer());
        return stream_.flush();
    }

  private:
    RecordPrinter& printer_;
    OutputStream& stream_;
};

class SurveyedSink final : public PageSink {
  public:
    SurveyedSink(RecordPrinter& printer, OutputStream& stream, std::string spool_folder)
        : printer_(printer), stream_(stream), spool_(std::move(spool_folder)) {}

    base::Result<void> record(std::span<const uint8_t> record) override {
        printer_.survey(record);
        return spool_.add(record);
    }
    base::Result<void> pageDone() override { return {}; }
    base::Result<void> end() override {
        printer_.begin(stream_.buffer());
        EVD_TRY(spool_.forEach([this](std::span<const uint8_t> record) {
            printer_.record(record, stream_.buffer());
            return stream_.drain();
        }));
        printer_.finish(stream_.buffer());
        return stream_.flush();
    }

  private:
    RecordPrinter& printer_;
    OutputStream& stream_;
    Spool spool_;
};

class RawSink final : public PageSink {
  public:
    explicit RawSink(OutputStream& stream) : stream_(stream) {}

    base::Result<void> record(std::span<const uint8_t> record) override {
        stream_.buffer().append(reinterpret_cast<const char*>(record.data()), record.size());
        return stream_.drain();
    }
    base::Result<void> pageDone() override { return stream_.flush(); }

  private:
    OutputStream& stream_;
};

// The pages of a file that is read once, front to back; the kernel takes them away again.
class Mapping {
  public:
    explicit Mapping(int fd) {
        struct stat facts {};
        if (::fstat(fd, &facts) != 0) {
            return;
        }
        size_ = static_cast<size_t>(facts.st_size);
        void* const at =
            size_ == 0 ? nullptr : ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, fd, 0);
        is_good_ = at != MAP_FAILED;
        bytes_ = is_good_ ? static_cast<const uint8_t*>(at) : nullptr;
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping() {
        if (bytes_ != nullptr) {
            (void)::munmap(const_cast<uint8_t*>(bytes_), size_);
        }
    }
    bool isGood() const { return is_good_; }
    std::span<const uint8_t> bytes() const { return {bytes_, bytes_ == nullptr ? 0 : size_}; }
    // What lies before has been read, and need not be held.
    void forget(size_t before) {
        const size_t whole = before / kForgetBytes * kForgetBytes;
        if (whole > forgotten_) {
            (void)::madvise(const_cast<uint8_t*>(bytes_) + forgotten_, whole - forgotten_,
                            MADV_DONTNEED);  // it only saves memory
            forgotten_ = whole;
        }
    }
    void rememberAll() { forgotten_ = 0; }

  private:
    const uint8_t* bytes_ = nullptr;
    size_t size_ = 0;
    size_t forgotten_ = 0;
    bool is_good_ = false;
};

base::Result<void> forEachValue(Mapping& mapping, const RecordVisitor& visit) {
    const auto bytes = mapping.bytes();
    wire::MsgpackReader reader(bytes);
    mapping.rememberAll();
    while (!reader.atEnd()) {
        const size_t from = reader.offset();
        EVD_TRY(reader.skip());
        EVD_TRY(visit(bytes.subspan(from, reader.offset() - from)));
        mapping.forget(reader.offset());
    }
    return {};
}

}  // namespace

std::unique_ptr<PageSink> makePrintingSink(RecordPrinter& printer, OutputStream& stream) {
    return std::make_unique<PrintingSink>(printer, stream);
}

std::unique_ptr<PageSink> makeSurveyedSink(RecordPrinter& printer, OutputStream& stream,
                                           std::string spool_folder) {
    return std::make_unique<SurveyedSink>(printer, stream, std::move(spool_folder));
}

std::unique_ptr<PageSink> makeRawSink(OutputStream& stream) {
    return std::make_unique<RawSink>(stream);
}

base::Result<void> printRaw(int raw, RecordPrinter& printer, std::string_view format,
                            const std::string& path) {
    Mapping records(raw);
    if (!records.isGood()) {
        return base::failErrno("cannot read the exported records", errno);
    }
    ExportFile file(path);
    EVD_TRY(file.begin());
    OutputStream stream(file.fd(), file.partialPath());
    EVD_TRY(forEachValue(records, [&](std::span<const uint8_t> record) {
        printer.survey(record);
        return base::Result<void>();
    }));
    printer.begin(stream.buffer());
    EVD_TRY(forEachValue(records, [&](std::span<const uint8_t> record) {
        printer.record(record, stream.buffer());
        return stream.drain();
    }));
    printer.finish(stream.buffer());
    EVD_TRY(stream.flush());
    EVD_TRY(checkRefused(printer.refused(), format));
    return file.finish();
}

}  // namespace evd::evctl
