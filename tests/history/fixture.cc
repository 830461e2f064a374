#include "tests/history/fixture.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>

namespace coppice::daemon {
namespace fs = std::filesystem;

struct WithHistory::Said {
  std::mutex mutex;
  std::vector<std::string> texts;
};

std::string id_of(int number) {
  std::string digits = std::to_string(number);
  return std::string(26 - digits.size(), '0') + digits;
}

HistoryRow row_of(const Recipe& recipe) {
  auto job = std::make_shared<config::Job>();
  job->id = id_of(recipe.number);
  job->name = "job-" + std::to_string(recipe.number);
  job->slice = recipe.slice;
  job->labels = recipe.labels;
  job->owner = "somebody";
  job->commands.push_back({{"echo", std::to_string(recipe.number)}, std::nullopt});
  job->state = config::State::ended;
  const config::Time at =
      recipe.recent ? std::chrono::time_point_cast<config::Time::duration>(std::chrono::system_clock::now())
                    : config::Time(std::chrono::seconds(1'700'000'000 + recipe.number));
  job->started_at = at;
  job->result.emplace();
  job->result->outcome = recipe.outcome;
  job->result->started_at = job->result->ended_at = at;
  HistoryRow row;
  row.job = std::move(job);
  row.owner = recipe.owner;
  row.key = recipe.key;
  row.kept.output = true;
  return row;
}

HistoryRow row_of(int number) {
  Recipe recipe;
  recipe.number = number;
  return row_of(recipe);
}

WithHistory::WithHistory() : said_(std::make_shared<Said>()) {
  std::string pattern = fs::temp_directory_path() / "coppice-history-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  directory_ = pattern;
  fs::create_directory(directory_ + "/jobs");
}

WithHistory::~WithHistory() {
  close();
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void WithHistory::open(History::Settings settings) {
  fs::create_directory(directory_ + "/jobs");
  settings.directory = directory_;
  History::Listener listener;
  listener.settled = [this](const std::vector<std::string>& ids) { settled_.push_back(ids); };
  listener.forgotten = [this](const std::vector<std::string>& ids) {
    forgotten_.insert(forgotten_.end(), ids.begin(), ids.end());
  };
  history_.emplace(io_, std::move(settings), std::move(listener), [said = said_](const std::string& text) {
    const std::lock_guard lock(said->mutex);
    said->texts.push_back(text);
  });
}

void WithHistory::finish(asio::awaitable<void> task) {
  bool done = false;
  std::exception_ptr failure;
  asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error) {
    failure = error;
    done = true;
  });
  if (!eventually([&] { return done; })) throw std::runtime_error("the history does not answer");
  if (failure) std::rethrow_exception(failure);
}

bool WithHistory::eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    io_.restart();
    io_.run_one_for(std::chrono::milliseconds(20));
  }
  return true;
}

void WithHistory::add(int first, int last) {
  for (int number = first; number <= last; ++number) history().add(row_of(number));
  finish(history().committed());
}

std::vector<std::string> WithHistory::ids(const HistoryFilter& filter) {
  std::vector<std::string> ids;
  HistoryPage page;
  while (!page.end) {
    page = get(history().page(filter, page.next));
    for (const auto& entry : page.entries) ids.push_back(entry.id);
  }
  return ids;
}

void WithHistory::write_log(const std::string& id, std::size_t bytes) {
  fs::create_directories(directory_ + "/jobs/" + id);
  std::ofstream(directory_ + "/jobs/" + id + "/output") << std::string(bytes, 'x');
}

bool WithHistory::has_log(const std::string& id) const { return fs::exists(directory_ + "/jobs/" + id); }

std::vector<std::string> WithHistory::said() const {
  const std::lock_guard lock(said_->mutex);
  return said_->texts;
}

std::size_t WithHistory::times_said(const std::string& words) const {
  const auto texts = said();
  return static_cast<std::size_t>(std::count_if(
      texts.begin(), texts.end(), [&](const std::string& text) { return text.find(words) != std::string::npos; }));
}

std::vector<std::string> WithHistory::files(const std::string& beginning) const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    const std::string name = entry.path().filename();
    if (name.starts_with(beginning)) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace coppice::daemon
