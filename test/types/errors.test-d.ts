/** The types of `posix-select/errors`: checked by tsc, never run. */
import {
  type AbortError,
  type AlreadyRegisteredError,
  type BlockingIOError,
  type BrokenPipeError,
  type BusyError,
  type ClosedError,
  type ConnectionAbortedError,
  ConnectionError,
  type ConnectionRefusedError,
  type ConnectionResetError,
  type FileExistsError,
  type FileNotFoundError,
  type InterruptedError,
  type NotADirectoryError,
  NotRegisteredError,
  OSError,
  type PermissionError,
  TimeoutError,
} from "posix-select/errors";
import { expectTypeOf } from "vitest";

// Node's fields.
expectTypeOf<OSError>().toExtend<Error>();
expectTypeOf<OSError>().toExtend<NodeJS.ErrnoException>();
expectTypeOf<OSError["code"]>().toEqualTypeOf<string>();
expectTypeOf<OSError["errno"]>().toEqualTypeOf<number>();
expectTypeOf<OSError["syscall"]>().toEqualTypeOf<string>();
expectTypeOf<OSError["fd"]>().toEqualTypeOf<number | undefined>();
expectTypeOf<OSError["address"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<OSError["port"]>().toEqualTypeOf<number | undefined>();
expectTypeOf<OSError["path"]>().toEqualTypeOf<string | undefined>();
expectTypeOf<OSError["bytesSent"]>().toEqualTypeOf<number | undefined>();

// Python's classes.
expectTypeOf<BlockingIOError>().toExtend<OSError>();
expectTypeOf<ConnectionError>().toExtend<OSError>();
expectTypeOf<FileExistsError>().toExtend<OSError>();
expectTypeOf<FileNotFoundError>().toExtend<OSError>();
expectTypeOf<InterruptedError>().toExtend<OSError>();
expectTypeOf<NotADirectoryError>().toExtend<OSError>();
expectTypeOf<PermissionError>().toExtend<OSError>();
expectTypeOf<TimeoutError>().toExtend<OSError>();
expectTypeOf<BrokenPipeError>().toExtend<ConnectionError>();
expectTypeOf<ConnectionAbortedError>().toExtend<ConnectionError>();
expectTypeOf<ConnectionRefusedError>().toExtend<ConnectionError>();
expectTypeOf<ConnectionResetError>().toExtend<ConnectionError>();

// What is no system call's has a code of its own.
expectTypeOf<AbortError["code"]>().toEqualTypeOf<"ABORT_ERR">();
expectTypeOf<AbortError["bytesSent"]>().toEqualTypeOf<number | undefined>();
expectTypeOf<
  AlreadyRegisteredError["code"]
>().toEqualTypeOf<"ERR_ALREADY_REGISTERED">();
expectTypeOf<AlreadyRegisteredError["fd"]>().toEqualTypeOf<number>();
expectTypeOf<BusyError["code"]>().toEqualTypeOf<"ERR_BUSY">();
expectTypeOf<BusyError["fd"]>().toEqualTypeOf<number>();
expectTypeOf<ClosedError["code"]>().toEqualTypeOf<"ERR_CLOSED">();
expectTypeOf<
  NotRegisteredError["code"]
>().toEqualTypeOf<"ERR_NOT_REGISTERED">();
expectTypeOf<NotRegisteredError["fd"]>().toEqualTypeOf<number>();
expectTypeOf<ClosedError>().not.toExtend<OSError>();
expectTypeOf<AbortError>().not.toExtend<OSError>();
expectTypeOf<BusyError>().not.toExtend<ClosedError>();

/** The code tells them apart. */
export function told(error: AbortError | BusyError | ClosedError): string {
  switch (error.code) {
    case "ABORT_ERR":
      expectTypeOf(error).toEqualTypeOf<AbortError>();
      return "aborted";
    case "ERR_BUSY":
      expectTypeOf(error).toEqualTypeOf<BusyError>();
      return String(error.fd);
    case "ERR_CLOSED":
      expectTypeOf(error).toEqualTypeOf<ClosedError>();
      return "closed";
  }
}

/** What is none of the subclasses is still the class. */
export function codeOf(error: OSError): string {
  if (error instanceof TimeoutError) return "late";
  if (error instanceof ConnectionError) return "gone";
  expectTypeOf(error).toEqualTypeOf<OSError>();
  return error.code;
}

declare const caught: unknown;
if (caught instanceof OSError) {
  expectTypeOf(caught).toEqualTypeOf<OSError>();
  // @ts-expect-error -- it is told, not changed
  caught.code = "EBADF";
  // @ts-expect-error -- a number is no name
  export const isBad = caught.code === 9;
}
// @ts-expect-error -- it has fields that have to be known
new OSError("a message alone");
// @ts-expect-error -- the descriptor
new NotRegisteredError();
