/* The runner writes "CASE MS", and reads how many nanoseconds a call takes, out
 * of a loop of about so many milliseconds; "CASE =COUNT" makes just so many. */
#ifndef CALLS_H
#define CALLS_H

#include "common.h"

/* Makes ready for a case; what the case before it opened is closed. */
static void prepare(const char *name);
/* Makes the calls. */
static void calls(long count);

static inline double measure(long count) {
  const double start = now();
  calls(count);
  return now() - start;
}

static inline void answer_runner(void) {
  char line[200], name[100], amount[50], current[100] = "";
  long count = 1;
  while (fgets(line, sizeof line, stdin) != NULL) {
    if (sscanf(line, "%99s %49s", name, amount) != 2) exit(2);
    if (strcmp(name, current) != 0) {
      prepare(name);
      strcpy(current, name);
      count = 1;
    }
    if (amount[0] == '=') {
      count = atol(amount + 1);
      printf("%.3f\n", measure(count) / (double)count);
    } else {
      const double wanted = atof(amount) * 1e6;
      double time = measure(count);
      while (time < wanted) {
        const double factor = time > wanted / 100 ? 1.1 * wanted / time : 10;
        count = (long)((double)count * factor) + 1;
        time = measure(count);
      }
      printf("%.3f\n", time / (double)count);
    }
    fflush(stdout);
  }
}

#endif
