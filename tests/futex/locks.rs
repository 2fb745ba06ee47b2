// locks.rs — locks of Rust's std, whose words are futexes; see tests/futex/run for the modes.
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, Once, RwLock};
use std::thread;
use std::time::Duration;

extern "C" {
    fn pthread_mutex_init(m: *mut c_void, attr: *const c_void) -> i32;
    fn pthread_mutex_lock(m: *mut c_void) -> i32;
    fn pthread_mutex_unlock(m: *mut c_void) -> i32;
    fn gettid() -> i32;
}

// The mutex of pthread that a C library would have.
#[allow(dead_code)]
struct CMutex([u64; 5]);
static mut OF_C: CMutex = CMutex([0; 5]);
#[allow(unused_unsafe)]
fn of_c() -> *mut c_void { unsafe { std::ptr::addr_of_mut!(OF_C).cast() } }

static ONCE: Once = Once::new();
static TID: AtomicI32 = AtomicI32::new(0);
static OVER: AtomicBool = AtomicBool::new(false);

fn id() -> i32 { unsafe { gettid() } }

// Returns once the thread sleeps in a futex call.
fn asleep(tid: i32) {
    for _ in 0..20000 {
        let text = std::fs::read_to_string(format!("/proc/self/task/{}/syscall", tid)).unwrap_or_default();
        if text.starts_with("202 ") || text.starts_with("98 ") { return; }
        thread::sleep(Duration::from_micros(200));
    }
}

// Another thread waits in `f`; `end` ends that.
fn waits<T, F: FnOnce() + Send + 'static>(kept: T, f: F, end: impl FnOnce(T)) {
    let t = thread::spawn(move || { TID.store(id(), SeqCst); f() });
    while TID.load(SeqCst) == 0 { thread::yield_now(); }
    asleep(TID.swap(0, SeqCst));
    end(kept);
    t.join().unwrap();
}

fn right() {
    let (m, l) = (Arc::new(Mutex::new(0)), Arc::new(RwLock::new(0)));
    let (m2, l2, l3) = (m.clone(), l.clone(), l.clone());
    waits(m.lock().unwrap(), move || *m2.lock().unwrap() += 1, drop);
    waits(l.write().unwrap(), move || assert_eq!(*l2.read().unwrap(), 0), drop);
    waits(l.read().unwrap(), move || *l3.write().unwrap() += 1, drop);
    let p = Arc::new((Mutex::new(false), Condvar::new()));
    let q = p.clone();
    waits(p, move || { let mut g = q.0.lock().unwrap(); while !*g { g = q.1.wait(g).unwrap(); } },
        |p| { *p.0.lock().unwrap() = true; p.1.notify_one(); });
    let (tx, rx) = mpsc::channel::<u32>();
    waits(tx, move || while rx.recv().is_ok() {}, drop);
    let b = Arc::new(Barrier::new(2));
    let c = b.clone();
    waits(b, move || { c.wait(); }, |b| { b.wait(); });
    ONCE.call_once(|| {
        let t = thread::spawn(|| { TID.store(id(), SeqCst); ONCE.call_once(|| ()); OVER.store(true, SeqCst); });
        while TID.load(SeqCst) == 0 { thread::yield_now(); }
        asleep(TID.swap(0, SeqCst));
        drop(t);
    });
    while !OVER.load(SeqCst) { thread::yield_now(); }
    unsafe { pthread_mutex_lock(of_c()); pthread_mutex_unlock(of_c()); }
}

// Two threads and two mutexes of std, in both orders.
fn abba() {
    let (a, b, both) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(0)), Arc::new(Barrier::new(2)));
    let (a2, b2, both2) = (a.clone(), b.clone(), both.clone());
    let t = thread::spawn(move || { let _a = a2.lock().unwrap(); both2.wait(); let _b = b2.lock().unwrap(); });
    let _b = b.lock().unwrap();
    both.wait();
    let _a = a.lock().unwrap();
    t.join().unwrap();
}

// A mutex of std that both have waited for, and one of pthread, in both orders; main does not wait.
fn mixed(ends: bool) {
    let (m, step) = (Arc::new(Mutex::new(0)), Arc::new(AtomicI32::new(0)));
    let until = |s: &AtomicI32, n| while s.load(SeqCst) < n { thread::yield_now(); };
    let (m1, s1) = (m.clone(), step.clone());
    thread::spawn(move || { // holds the mutex of std, wants that of C
        let first = m1.lock().unwrap();
        s1.store(1, SeqCst);
        while TID.load(SeqCst) == 0 { thread::yield_now(); }
        asleep(TID.load(SeqCst));
        drop(first); // wakes the other thread
        until(&s1, 2);
        let _second = m1.lock().unwrap();
        s1.store(3, SeqCst);
        until(&s1, 4);
        asleep(TID.load(SeqCst));
        if ends { thread::sleep(Duration::from_millis(1500)); return; }
        unsafe { pthread_mutex_lock(of_c()) };
    });
    let (m2, s2) = (m.clone(), step.clone());
    thread::spawn(move || {
        until(&s2, 1);
        TID.store(id(), SeqCst);
        drop(m2.lock().unwrap());
        s2.store(2, SeqCst);
        until(&s2, 3);
        unsafe { pthread_mutex_lock(of_c()) };
        s2.store(4, SeqCst);
        let _m = m2.lock().unwrap();
        unsafe { pthread_mutex_unlock(of_c()) };
        OVER.store(true, SeqCst);
    });
    while !OVER.load(SeqCst) { thread::sleep(Duration::from_millis(10)); }
}

fn main() {
    println!("pid {}", std::process::id());
    unsafe { pthread_mutex_init(of_c(), std::ptr::null()) };
    match std::env::args().nth(1).as_deref() {
        Some("abba") => abba(),
        Some("mixed") => mixed(false),
        Some("ends") => mixed(true),
        _ => right(),
    }
}
