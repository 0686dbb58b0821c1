#pragma once

// The client library of eventd: questions and the event store over the rpc socket, for any C++17
// program. This header needs nothing but the standard library; link what pkg-config names for
// `eventd-client`. docs/clients/README.md has whole programs.
//
//     eventd::Client client("/run/eventd/rpc.sock");
//     for (const eventd::Row& row : client.query("LOGS ERROR ONLY SINCE 1h ago")) {
//         std::puts(eventd::toText(row).c_str());
//     }

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventd {

// What to do about an error.
enum class ErrorKind {
    Invalid,      // the question is wrong or was refused; the text is one sentence for a person
    Denied,       // this user may not
    NotFound,     // nobody listens there
    Busy,         // too much at once, or the store is away for a moment: try again a little later
    Gone,         // the connection is lost: connect again, and go on from the cursor
    Unsupported,  // the server is older than this library
    Failed,       // anything else: an answer that took too long, a reader that was too slow
};

// All that this library throws, beside std::bad_alloc. The text is UTF-8, but whatever of a
// question stands in it is shown as it was asked: mind that before showing it on a terminal.
class Error : public std::runtime_error {
  public:
    Error(ErrorKind kind, const std::string& text) : std::runtime_error(text), kind_(kind) {}
    ErrorKind kind() const { return kind_; }

  private:
    ErrorKind kind_;
};

struct MapEntry;

// One typed value of an answer. A plain value.
//
// Times are integers of nanoseconds since 1970, GUIDs are text in braces, what is not set is nil.
// Integers are int64_t; uint64_t only where they are greater than that holds.
struct Value {
    using Bytes = std::vector<uint8_t>;
    using List = std::vector<Value>;
    using Map = std::vector<MapEntry>;
    using Held = std::variant<std::monostate, bool, int64_t, uint64_t, double, std::string, Bytes,
                              List, Map>;
    Held held;

    bool isNil() const { return held.index() == 0; }
    // The value if it is of exactly this type, else null:  value.as<std::string>()
    template <typename T>
    const T* as() const {
        return std::get_if<T>(&held);
    }
};

struct MapEntry {
    Value key;
    Value value;
};

struct Field {
    std::string name;
    Value value;
};

// One record of an answer: its fields in the order in which eventd sent them.
struct Row {
    std::vector<Field> fields;
    // Null when there is no such field. Walks over the fields.
    const Value* find(std::string_view name) const;
};

// As one line: `count=3 name="cron" path=["a", "b"]`. Control characters are escaped, so that
// nothing which was stored can speak to a terminal; a name of other letters than those of ASCII, or
// with blanks, quotes or `=`, stands in quotes.
std::string toText(const Value& value);
std::string toText(const Row& row);

// One event as it is stored. GUIDs are text in braces, empty where there is none.
struct StoredEvent {
    int64_t id = 0;  // the cursor behind this event
    std::string boot;
    int64_t timestamp_ns = 0;
    std::string type;
    std::optional<int32_t> cpu;
    std::optional<uint64_t> sequence;     // none: a record that eventd made itself
    std::optional<int16_t> origin_class;  // 0 is userspace
    std::string effective_token;
    std::string true_token;
    std::string process;
    Value::Bytes payload;  // one msgpack value; empty is none
};

struct EventPage {
    std::vector<StoredEvent> events;
    int64_t next = 0;       // the cursor for the next call
    int64_t stable_id = 0;  // nothing at or below it can come any more
    bool complete = false;  // there was no more
};

struct QueryOptions {
    uint32_t timeout_ms = 0;  // lowers the server's QueryTimeoutMs; 0 leaves it
};

// The limit of the server on one page; also what limit 0 means.
inline constexpr uint32_t kEventPageMax = 4096;

// What came of waiting for a row.
enum class Got {
    Row,
    Live,     // the initial answer of a streaming question is complete; once
    End,      // the answer is complete
    Nothing,  // not in this time
};

// The answer to one question, row by row.
//
// Rows are fetched in lots of about 64 KiB: the next lot is asked for when the last one is used up,
// so memory stays at a few of them however long the answer is, and the server waits. It waits ten
// seconds; a live stream not even that: then the answer ends with an Error. Only when the end was
// reached without one are the rows an answer; those that came before an Error are void.
// Destroying or cancelling it ends the question at the server too. Keeps its connection open. Made
// by Client. Movable; one thread at a time.
class Answer {
  public:
    class Iterator;

    Answer(Answer&& other) noexcept;
    Answer& operator=(Answer&& other) noexcept;
    ~Answer();

    // Waits for the next row. False at the end, which a streaming question has only when cancelled.
    bool next(Row& row);
    // The same, but no longer than `patience`, of which a year is the most.
    Got next(Row& row, std::chrono::milliseconds patience);
    // Whether what comes from here on happens now.
    bool isLive() const;
    // Ends the question; rows that are here already are dropped. Harmless when it has ended.
    void cancel();

    // The rest of the rows, once: for (const Row& row : answer).
    Iterator begin();
    Iterator end();

  private:
    friend class Client;
    struct State;
    explicit Answer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// Walks over an answer; the row is good until the next step.
class Answer::Iterator {
  public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Row;
    using difference_type = std::ptrdiff_t;
    using pointer = const Row*;
    using reference = const Row&;

    Iterator() = default;
    explicit Iterator(Answer& answer) : answer_(&answer) { ++*this; }
    const Row& operator*() const { return row_; }
    const Row* operator->() const { return &row_; }
    Iterator& operator++() {
        answer_ = answer_->next(row_) ? answer_ : nullptr;
        return *this;
    }
    bool operator==(const Iterator& other) const { return answer_ == other.answer_; }
    bool operator!=(const Iterator& other) const { return answer_ != other.answer_; }

  private:
    Answer* answer_ = nullptr;
    Row row_;
};

inline Answer::Iterator Answer::begin() {
    return Iterator(*this);
}

inline Answer::Iterator Answer::end() {
    return Iterator();
}

// Every event behind a cursor, those that are there and then those that come, each once and in the
// order of ids.
//
// Keep the id of the last event you are done with, beside what you did: a new subscription from
// there misses nothing and repeats nothing, whoever was restarted meanwhile. It waits through
// restarts of the store; Gone means that eventd-queryd was restarted or stopped, Busy that events
// were not taken for ten seconds. Memory as for an Answer. Made by Client. Movable; one thread at a
// time.
class Subscription {
  public:
    Subscription(Subscription&& other) noexcept;
    Subscription& operator=(Subscription&& other) noexcept;
    ~Subscription();

    // Waits for the next event. False only after cancel().
    bool next(StoredEvent& event);
    // False when none came in this time too.
    bool next(StoredEvent& event, std::chrono::milliseconds patience);
    void cancel();

  private:
    friend class Client;
    struct State;
    explicit Subscription(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// One connection to eventd, as the user of this process.
//
// Takes the event loop of Cap'n Proto away from you: it runs on a thread that the connection owns,
// with all signals blocked, and every call here waits for it. So a program may have any number of
// clients, on any threads, beside any event loop of its own, Cap'n Proto's included. The calls of
// one Client, and those of one Answer or Subscription, are for one thread at a time; different ones
// may be used on different threads, also when they came from the same Client. Waits have no bound
// but the one you give; cancel what waits by letting `patience` pass and looking at your own flag.
//
// Limits are the server's: 64 connections of one user, 128 questions on one connection, 16
// subscriptions. A text that is no question, a user who may not and a server that is full are
// Errors of the call; no Error leaves anything behind. After fork() a child must not touch it.
// Making one ignores SIGPIPE in the process, as the library below does.
class Client {
  public:
    // Connects; the path is RpcSocketPath. NotFound when nobody listens there, Denied when it may
    // not be used.
    explicit Client(const std::string& rpc_socket_path);
    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    ~Client();

    // Returns when the question is understood and running; Invalid when it is not one.
    Answer query(const std::string& question, const QueryOptions& options = {});
    // How it is answered, instead of the answer: the plan, then what each step read (docs/rpc.md).
    Answer explain(const std::string& question, const QueryOptions& options = {});
    // A page of the stored events behind the cursor; 0 is the beginning. At most `limit` of them,
    // and never more than kEventPageMax or about 1 MiB. Go on from `next` even when a page is
    // empty, until it is complete.
    EventPage readFrom(int64_t cursor, uint32_t limit = 0);
    Subscription subscribeFrom(int64_t cursor);

  private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace eventd
